import { jobNames } from '../../lambdas/function-names.ts';
import type { JobName } from '../../lambdas/functions.ts';
import type { ElsewhereOrder } from '../simulator/bindings-elsewhere.ts';
import { explainRefusal } from '../simulator/explain-refusal.ts';
import type { FaultOrder } from '../simulator/faults.ts';
import { parseJson } from '../simulator/http-body.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { SwitchChanges } from '../simulator/switches.ts';
import type { RunJob } from './functions.ts';
import type { SideRoute } from './gateway.ts';
import type { LocalQueue } from './local-queue.ts';

export interface LocalParts {
  readonly simulator: Simulator;
  readonly queue: LocalQueue;
  readonly runJob: RunJob;
}

/**
 * Routes that exist only on one machine: they run jobs, read the ledger of TOME, set faults and
 * switches, and read the events of the queue.
 */
export function localRoutes({ simulator, queue, runJob }: LocalParts): SideRoute {
  return async ({ method, path, body }) => {
    const route = `${method} ${path}`;
    const job = /^POST \/_local\/jobs\/([a-z-]+)$/.exec(route)?.[1];
    if (job !== undefined)
      return isJob(job)
        ? runNow(runJob, job)
        : { status: 404, body: { error: `The jobs are ${jobNames().join(', ')}.` } };
    switch (route) {
      case 'GET /_local/tome':
        return { status: 200, body: { url: simulator.url, settings: simulator.clientSettings } };
      case 'GET /_local/tome/ledger':
        return { status: 200, body: simulator.ledgerSummary() };
      case 'GET /_local/tome/faults':
        return { status: 200, body: simulator.faults.list() };
      case 'POST /_local/tome/faults':
        return orBadRequest(() => ({ status: 201, body: simulator.faults.order(parseJson(body) as FaultOrder) }));
      case 'DELETE /_local/tome/faults':
        return orBadRequest(() => {
          const { operation } = (body === '' ? {} : parseJson(body)) as { operation?: FaultOrder['operation'] };
          simulator.faults.clear(operation);
          return { status: 200, body: simulator.faults.list() };
        });
      case 'PUT /_local/tome/switches':
        return orBadRequest(() => ({ status: 200, body: simulator.turn(parseJson(body) as SwitchChanges) }));
      case 'POST /_local/tome/bindings':
        return orBadRequest(() => ({ status: 201, body: simulator.bindElsewhere(parseJson(body) as ElsewhereOrder) }));
      case 'DELETE /_local/tome/access-tokens':
        simulator.revokeAccessTokens();
        return { status: 200, body: {} };
      case 'GET /_local/events':
        return { status: 200, body: queue.events };
      default:
        return null;
    }
  };
}

const isJob = (name: string): name is JobName => (jobNames() as readonly string[]).includes(name);

async function runNow(runJob: RunJob, name: JobName) {
  try {
    return { status: 200, body: await runJob(name) };
  } catch (error) {
    return { status: 500, body: { error: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' } };
  }
}

function orBadRequest(act: () => { status: number; body: unknown }) {
  try {
    return act();
  } catch (error) {
    return { status: 400, body: { error: explainRefusal(error) } };
  }
}
