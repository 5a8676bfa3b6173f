import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { type Authentication, noAuthentication } from '../../../lambdas/tome/client/authentication/authentication.ts';
import type { TomeEndpoints } from '../../../lambdas/tome/client/tome-endpoints.ts';
import type { Namespace, Operation } from '../../../lambdas/tome/contract/contract.ts';
import type { WireAnswer } from './wire-answer.ts';

export interface WireParts {
  readonly endpoints: TomeEndpoints;
  /** Default: none. */
  readonly authentication?: Authentication;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Milliseconds for each request. The default is longer than any answer of use. */
  readonly timeoutMs?: number;
}

export interface WireRequest {
  readonly namespace: Namespace;
  readonly operation: Operation;
  /** Any object, also one that the contract does not allow. */
  readonly body: object;
  /** Milliseconds until the request is given up, if not those of all requests. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

/**
 * Sends single requests through the product's connections, and returns what came back: status,
 * headers and body. The product's client reads all of these, but shows only what they mean.
 */
export class WireCalls {
  readonly #parts: WireParts;
  readonly #correlationId = `probe-${randomUUID()}`;

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  /** Returns any answer. Rejects with a TomeError when there was none. */
  async call({ namespace, operation, body, ...request }: WireRequest): Promise<WireAnswer> {
    const { endpoints, clock, authentication = noAuthentication } = this.#parts;
    const { connections, path } = endpoints.of(namespace, operation);
    const { requestId: requestIdHeader, correlationId: correlationIdHeader, lane } = endpoints.profile.headers;
    const timeoutMs = request.timeoutMs ?? this.#parts.timeoutMs ?? TIMEOUT_MS;
    const requestId = randomUUID();
    const text = JSON.stringify(body);
    await authentication.ready(clock.monotonicMs() + timeoutMs);
    const credentials = await authentication.current()?.headersFor({ url: connections.urlOf(path), body: text });
    const startedMs = clock.monotonicMs();
    const {
      status,
      headers,
      text: answered,
    } = await connections.post({
      path,
      headers: {
        'content-type': 'application/json',
        [requestIdHeader]: requestId,
        [correlationIdHeader]: this.#correlationId,
        ...(lane === null ? {} : { [lane]: 'batch' }),
        ...credentials,
      },
      body: text,
      timeoutMs,
      reusedTimeoutMs: timeoutMs,
      staleTimeoutMs: timeoutMs,
      onNewConnection: false,
    });
    const durationMs = clock.monotonicMs() - startedMs;
    return { namespace, operation, body, requestId, status, headers, content: contentOf(answered), durationMs };
  }
}

function contentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
