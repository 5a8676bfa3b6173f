import type { ServerResponse } from 'node:http';
import type { Namespace } from '../../lambdas/tome/contract/contract.ts';
import type { ReceivedRequest } from '../program/loopback/loopback-server.ts';
import type { BindingElsewhere, ElsewhereOrder } from './bindings-elsewhere.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { FaultOrder, Faults } from './faults.ts';
import { parseJson, sendJson } from './http-body.ts';
import type { Ledger, LedgerSummary } from './ledger.ts';
import type { SwitchChanges, Switches } from './switches.ts';
import type { Vault } from './vault.ts';

/** What the control routes read and change. */
export interface SimulatorControls {
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly vaults: Readonly<Record<Namespace, Vault>>;
  ledgerSummary(): LedgerSummary;
  switches(): Switches;
  turn(changes: SwitchChanges): Switches;
  /** Binds sources as another producer would. Throws zod's error or RangeError. */
  bindElsewhere(order: ElsewhereOrder): readonly BindingElsewhere[];
  /** No access token that was given out is valid any more. */
  revokeAccessTokens(): void;
  /**
   * Deletes all data, and restarts with the seed if one is given. The database must be wiped
   * together with it.
   */
  wipe(seed?: number): void;
}

type Answer = readonly [status: number, body: object];

/** The control routes beside TOME's contract, for tests and the checker. On loopback only. */
export function handleControl(simulator: SimulatorControls, request: ReceivedRequest, response: ServerResponse): void {
  try {
    const [status, body] = route(simulator, request);
    sendJson(response, status, body);
  } catch (error) {
    sendJson(response, 400, { error: explainRefusal(error) });
  }
}

function route(simulator: SimulatorControls, { method, path, query, body }: ReceivedRequest): Answer {
  const given = (): unknown => (body === '' ? {} : parseJson(body));
  const namespace = (): Namespace => (query.get('namespace') === 'ns2' ? 'ns2' : 'ns1');
  switch (`${method} ${path}`) {
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
    case 'POST /_control/bindings':
      return [201, simulator.bindElsewhere(given() as ElsewhereOrder)];
    case 'DELETE /_control/access-tokens':
      simulator.revokeAccessTokens();
      return [200, {}];
    case 'GET /_control/faults':
      return [200, simulator.faults.list()];
    case 'POST /_control/faults':
      return [201, simulator.faults.order(given() as FaultOrder)];
    case 'DELETE /_control/faults': {
      const { operation } = given() as { operation?: FaultOrder['operation'] };
      simulator.faults.clear(operation);
      return [200, {}];
    }
    case 'GET /_control/switches':
      return [200, simulator.switches()];
    case 'PUT /_control/switches':
      return [200, simulator.turn(given() as SwitchChanges)];
    case 'POST /_control/wipe':
      simulator.wipe();
      return [200, {}];
    default:
      return [404, { error: 'no such route' }];
  }
}
