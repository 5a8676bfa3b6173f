import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import type { Namespace, Operation } from '../../lambdas/tome/contract.ts';
import type { FaultOrder } from './faults.ts';
import { readJson, sendJson } from './http-body.ts';
import type { Simulator } from './simulator.ts';
import type { SwitchChanges } from './switches.ts';

type Answer = readonly [status: number, body: object];

/** The simulator's own surface beside the contract, for tests, the console and the checker. Loopback only, like everything here. */
export async function handleControl(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator');
  try {
    const [status, body] = await route(simulator, `${request.method} ${url.pathname}`, url.searchParams, request);
    sendJson(response, status, body);
  } catch (error) {
    sendJson(response, 400, { error: explain(error) });
  }
}

async function route(
  simulator: Simulator,
  route: string,
  query: URLSearchParams,
  request: IncomingMessage,
): Promise<Answer> {
  const namespace = (): Namespace => (query.get('namespace') === 'ns2' ? 'ns2' : 'ns1');
  switch (route) {
    case 'GET /_control/health':
      return [200, { status: 'up' }];
    case 'GET /_control/ledger':
      return [200, simulator.ledgerSummary()];
    case 'DELETE /_control/ledger':
      simulator.ledger.reset();
      return [200, {}];
    case 'GET /_control/calls':
      return [200, simulator.ledger.calls(Number(query.get('after') ?? 0))];
    case 'GET /_control/issued':
      return [200, simulator.vaults[namespace()].issuedTokens()];
    case 'GET /_control/bindings':
      return [200, simulator.vaults[namespace()].bindings()];
    case 'GET /_control/faults':
      return [200, simulator.faults.list()];
    case 'POST /_control/faults':
      return [201, simulator.faults.order((await readJson(request)) as FaultOrder)];
    case 'DELETE /_control/faults': {
      const { operation } = ((await readJson(request)) ?? {}) as { operation?: Operation };
      simulator.faults.clear(operation);
      return [200, {}];
    }
    case 'GET /_control/switches':
      return [200, simulator.switches()];
    case 'PUT /_control/switches':
      return [200, simulator.turn((await readJson(request)) as SwitchChanges)];
    case 'POST /_control/wipe':
      simulator.wipe();
      return [200, {}];
    default:
      return [404, { error: 'no such route' }];
  }
}

function explain(error: unknown): string {
  if (error instanceof z.core.$ZodError) {
    return error.issues
      .map(({ path, message, code }) => `${path.map(String).join('.') || 'body'}: ${code} ${message}`)
      .join('; ');
  }
  return error instanceof Error ? error.message : 'unknown';
}
