import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import { type Namespace, type Operation, schemas } from '../../lambdas/tome/contract/contract.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type { ReceivedRequest } from '../program/loopback/loopback-server.ts';
import type { AccessRefusal } from './access/call-access.ts';
import type { Fault, Faults } from './faults.ts';
import { sendGatewayPage } from './gateway-pages.ts';
import { NotJson, parseJson, sendJson } from './http-body.ts';
import type { Ledger } from './ledger.ts';
import { FileNotWritable } from './line-file.ts';
import { operations, strangersExchange } from './operations.ts';
import { EdgeLimit, RateLimit } from './rate-limit.ts';
import { withRepeatedItem } from './repeated-item.ts';
import type { ServedPaths } from './served-profile.ts';
import type { SimulatorTime } from './simulator-time.ts';
import type { Switches } from './switches.ts';
import type { Vault } from './vault.ts';

export interface TomeServiceParts {
  readonly profile: TomeProfile;
  readonly paths: ServedPaths;
  readonly vaults: Readonly<Record<Namespace, Vault>>;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly switches: () => Switches;
  readonly time: SimulatorTime;
  /** Why a call without a valid credential is refused; `null` for the others. */
  readonly accessRefusal: (request: ReceivedRequest) => AccessRefusal | null;
  /** Runs `work` after `delayMs`, unless the simulator is closed first. */
  readonly later: (delayMs: number, work: () => void) => void;
  /** Called for each call that the journal could not store. */
  readonly onNotWritable: (error: FileNotWritable) => void;
}

interface Call {
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly body: object;
  readonly requestId: string;
  readonly record: (outcome: string) => void;
}

/** The operations of the contract over HTTP, with latency, rate limits and injected faults. */
export class TomeService {
  readonly #parts: TomeServiceParts;
  readonly #limit = new RateLimit();
  readonly #edge = new EdgeLimit();

  constructor(parts: TomeServiceParts) {
    this.#parts = parts;
  }

  /** Returns false when the path is not part of the contract. */
  handle(request: ReceivedRequest, response: ServerResponse): boolean {
    const { profile, paths, ledger, time, switches, accessRefusal } = this.#parts;
    const endpoint = request.method === 'POST' ? paths.endpoints.get(request.path) : undefined;
    if (endpoint === undefined) return false;
    const { namespace, operation } = endpoint;
    const header = (name: string | null): string =>
      (name === null ? '' : String(request.headers[name] ?? '')).slice(0, 100);
    const requestId = header(profile.headers.requestId) || randomUUID();
    const record = (outcome: string): void => {
      const lane = header(profile.headers.lane) || 'unknown';
      const correlationId = header(profile.headers.correlationId);
      ledger.record({ atMs: Date.now(), namespace, operation, lane, outcome, requestId, correlationId });
    };
    const { edgeAnswer } = switches();
    if (!this.#edge.admits(namespace, time.monotonicMs(), switches())) {
      record(edgeAnswer);
      sendGatewayPage(response, edgeAnswer);
      return true;
    }
    const refusal = switches().authentication === 'off' ? null : accessRefusal(request);
    if (refusal !== null) {
      record('unauthorized');
      sendJson(
        response,
        refusal.status,
        { error: 'unauthorized' },
        { ...refusal.headers, ...this.#idHeader(requestId) },
      );
      return true;
    }
    const body = this.#readBody(operation, request);
    if (body === null) {
      record('bad-request');
      sendJson(response, 400, { error: 'bad-request' }, this.#idHeader(requestId));
      return true;
    }
    this.#admit({ namespace, operation, body, requestId, record }, response);
    return true;
  }

  /** The body of a request of the contract within the profile's limits; `null` for another body. */
  #readBody(operation: Operation, request: ReceivedRequest): object | null {
    const { limits, bulkItems } = this.#parts.profile;
    const { success, data } = z.safeParse(schemas[operation].request, jsonOf(request));
    if (!success) return null;
    if ('count' in data && data.count > limits.tokensPerPrefetch) return null;
    return 'items' in data && bulkItems !== null && data.items.length > bulkItems ? null : data;
  }

  /** The header with which an answer shows its request, if TOME repeats the request's id. */
  #idHeader(requestId: string): Readonly<Record<string, string>> {
    const { profile, switches } = this.#parts;
    return switches().answersShow === 'request-id' ? { [profile.headers.requestId]: requestId } : {};
  }

  #admit(call: Call, response: ServerResponse): void {
    const { namespace, operation, requestId, record } = call;
    const switches = this.#parts.switches();
    const waitMs = this.#limit.refusalMs(namespace, operation, this.#parts.time.monotonicMs(), switches);
    const fault = waitMs === null ? this.#parts.faults.strike(namespace, operation) : null;
    if (waitMs !== null || fault?.kind === 'rate-limited') {
      record('rate-limited');
      const retryAfter = Math.max(1, Math.ceil((waitMs ?? 0) / 1_000));
      const headers = { ...this.#idHeader(requestId), 'retry-after': String(retryAfter) };
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
      sendJson(response, 503, { error: 'unavailable' }, this.#idHeader(call.requestId));
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
        return sendJson(response, 503, { error: 'unavailable' }, this.#idHeader(call.requestId));
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
    const { vaults, switches, random, time } = this.#parts;
    return operations[operation](
      {
        vault: vaults[namespace],
        otherVault: vaults[namespace === 'ns1' ? 'ns2' : 'ns1'],
        switches: switches(),
        random,
        nowMs: time.dateMs(),
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
    const headers = this.#idHeader(requestId);
    const shown = (request: object, answer: object): object =>
      this.#parts.switches().answersShow === 'item' ? withRepeatedItem(operation, request, status, answer) : answer;
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
        const text = JSON.stringify(shown(call.body, body));
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(text.slice(0, text.length / 2));
        return;
      }
      case 'crossed': {
        const other = strangersExchange(namespace, operation, this.#parts.vaults[namespace]);
        const { request, answer } = other ?? { request: call.body, answer: body };
        return sendJson(response, status, shown(request, answer), this.#idHeader(randomUUID()));
      }
      default:
        return sendJson(response, status, shown(call.body, body), headers);
    }
  }
}

/** `undefined`, which no schema accepts, for a body that is not JSON. */
function jsonOf({ body }: ReceivedRequest): unknown {
  try {
    return body === '' ? {} : parseJson(body);
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}
