import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import {
  CORRELATION_ID_HEADER,
  LANE_HEADER,
  NAMESPACES,
  type Namespace,
  OPERATIONS,
  type Operation,
  operationPath,
  REQUEST_ID_HEADER,
  schemas,
} from '../../lambdas/tome/contract/contract.ts';
import type { ReceivedRequest } from '../program/loopback/loopback-server.ts';
import type { Fault, Faults } from './faults.ts';
import { sendGatewayPage } from './gateway-pages.ts';
import { NotJson, parseJson, sendJson } from './http-body.ts';
import type { Ledger } from './ledger.ts';
import { FileNotWritable } from './line-file.ts';
import { operations, strangersAnswer } from './operations.ts';
import { RateLimit } from './rate-limit.ts';
import type { SimulatorTime } from './simulator-time.ts';
import type { Switches } from './switches.ts';
import type { Vault } from './vault.ts';

export interface TomeServiceParts {
  readonly vaults: Readonly<Record<Namespace, Vault>>;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly switches: () => Switches;
  readonly time: SimulatorTime;
  /** Runs `work` after `delayMs`, unless the simulator is closed first. */
  readonly later: (delayMs: number, work: () => void) => void;
  /** Called for each call that the journal could not store. */
  readonly onNotWritable: (error: FileNotWritable) => void;
}

interface Call {
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly body: unknown;
  readonly requestId: string;
  readonly record: (outcome: string) => void;
}

const ENDPOINTS = new Map(
  NAMESPACES.flatMap((namespace) =>
    OPERATIONS.map((operation) => [operationPath(namespace, operation), { namespace, operation }] as const),
  ),
);

/** The operations of the contract over HTTP, with latency, rate limit and injected faults. */
export class TomeService {
  readonly #parts: TomeServiceParts;
  readonly #limit = new RateLimit();

  constructor(parts: TomeServiceParts) {
    this.#parts = parts;
  }

  /** Returns false when the path is not part of the contract. */
  handle(request: ReceivedRequest, response: ServerResponse): boolean {
    const endpoint = request.method === 'POST' ? ENDPOINTS.get(request.path) : undefined;
    if (endpoint === undefined) return false;
    const { namespace, operation } = endpoint;
    const header = (name: string): string => String(request.headers[name] ?? '').slice(0, 100);
    const requestId = header(REQUEST_ID_HEADER) || randomUUID();
    const record = (outcome: string): void => {
      const lane = header(LANE_HEADER) || 'unknown';
      const correlationId = header(CORRELATION_ID_HEADER);
      this.#parts.ledger.record({ atMs: Date.now(), namespace, operation, lane, outcome, requestId, correlationId });
    };
    const parsed = z.safeParse(schemas[operation].request, bodyOf(request));
    if (!parsed.success) {
      record('bad-request');
      sendJson(response, 400, { error: 'bad-request' }, { [REQUEST_ID_HEADER]: requestId });
      return true;
    }
    this.#admit({ namespace, operation, body: parsed.data, requestId, record }, response);
    return true;
  }

  #admit(call: Call, response: ServerResponse): void {
    const { namespace, operation, requestId, record } = call;
    const switches = this.#parts.switches();
    const waitMs = this.#limit.refusalMs(namespace, operation, this.#parts.time.monotonicMs(), switches);
    const fault = waitMs === null ? this.#parts.faults.strike(namespace, operation) : null;
    if (waitMs !== null || fault?.kind === 'rate-limited') {
      record('rate-limited');
      const retryAfter = Math.max(1, Math.ceil((waitMs ?? 0) / 1_000));
      const headers = { [REQUEST_ID_HEADER]: requestId, 'retry-after': String(retryAfter) };
      sendJson(response, 429, { error: 'rate-limited' }, headers);
      return;
    }
    const spread = (this.#parts.random() * 2 - 1) * switches.latencySpread;
    const latencyMs = switches.latencyMs * (1 + spread) + (fault?.kind === 'slow' ? fault.delayMs : 0);
    const work = (): void => this.#whileWritable(call, response, () => this.#perform(call, fault, response));
    if (latencyMs === 0) work();
    else this.#parts.later(latencyMs, work);
  }

  /**
   * A call that the journal cannot store has no effect, so it is answered 503 and can be retried.
   */
  #whileWritable(call: Call, response: ServerResponse, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof FileNotWritable)) throw error;
      call.record('not-writable');
      this.#parts.onNotWritable(error);
      sendJson(response, 503, { error: 'unavailable' }, { [REQUEST_ID_HEADER]: call.requestId });
    }
  }

  #perform(call: Call, fault: Fault | null, response: ServerResponse): void {
    switch (fault?.kind) {
      case 'edge-rate-limited':
      case 'gateway-page':
      case 'access-denied':
      case 'redirected':
        call.record(fault.kind);
        return sendGatewayPage(response, fault.kind);
      case 'timeout-before':
        return call.record(fault.kind);
      case 'reset-before':
        call.record(fault.kind);
        response.socket?.resetAndDestroy();
        return;
      case 'error-before':
        call.record(fault.kind);
        return sendJson(response, 503, { error: 'unavailable' }, { [REQUEST_ID_HEADER]: call.requestId });
      case 'apply-late':
        call.record(fault.kind);
        return this.#parts.later(fault.delayMs, () =>
          this.#whileWritable(call, response, () => void this.#apply(call, fault)),
        );
      default:
        return this.#answer(call, fault, response);
    }
  }

  #apply({ namespace, operation, body, requestId }: Call, fault: Fault | null) {
    return operations[operation](
      {
        vault: this.#parts.vaults[namespace],
        switches: this.#parts.switches(),
        random: this.#parts.random,
        nowMs: this.#parts.time.dateMs(),
        requestId,
        fault,
      },
      body as never,
    );
  }

  #answer(call: Call, fault: Fault | null, response: ServerResponse): void {
    const { namespace, operation, requestId, record } = call;
    const { status, body, name } = this.#apply(call, fault);
    record(fault === null || fault.kind === 'slow' ? name : fault.kind);
    const headers = { [REQUEST_ID_HEADER]: requestId };
    switch (fault?.kind) {
      case 'timeout-after':
        return;
      case 'reset-after':
        response.socket?.resetAndDestroy();
        return;
      case 'error-after':
        return sendJson(response, 503, { error: 'unavailable' }, headers);
      case 'gateway-page-after':
        return sendGatewayPage(response, fault.kind);
      case 'truncated': {
        const text = JSON.stringify(body);
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(text.slice(0, text.length / 2));
        return;
      }
      case 'crossed': {
        const other = strangersAnswer(namespace, operation, this.#parts.vaults[namespace], body);
        return sendJson(response, status, other, { [REQUEST_ID_HEADER]: randomUUID() });
      }
      default:
        return sendJson(response, status, body, headers);
    }
  }
}

/** `undefined`, which no schema accepts, for a body that is not JSON. */
function bodyOf({ body }: ReceivedRequest): unknown {
  try {
    return body === '' ? {} : parseJson(body);
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}
