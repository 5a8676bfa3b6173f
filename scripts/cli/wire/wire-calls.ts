import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import {
  type Authentication,
  type AuthenticationHeaders,
  noAuthentication,
} from '../../../lambdas/tome/client/authentication/authentication.ts';
import { parsedJson } from '../../../lambdas/tome/client/parsed-json.ts';
import { requestHeaders } from '../../../lambdas/tome/client/request-headers.ts';
import type { TomeEndpoints } from '../../../lambdas/tome/client/tome-endpoints.ts';
import type { Namespace, Operation } from '../../../lambdas/tome/contract/contract.ts';
import type { WireAnswer } from './wire-answer.ts';

export interface WireParts {
  readonly endpoints: TomeEndpoints;
  /** Default: none. */
  readonly authentication?: Authentication;
  /** Read exactly twice for each request. */
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
  /** Sent in place of the credential. */
  readonly authenticationHeaders?: AuthenticationHeaders;
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
  async call(request: WireRequest): Promise<WireAnswer> {
    const { endpoints, clock } = this.#parts;
    const { namespace, operation, body } = request;
    const { connections, path } = endpoints.of(namespace, operation);
    const timeoutMs = request.timeoutMs ?? this.#parts.timeoutMs ?? TIMEOUT_MS;
    const requestId = randomUUID();
    const credential = request.authenticationHeaders ?? (await this.headersFor(request));
    const startedMs = clock.monotonicMs();
    const answer = await connections.post({
      path,
      headers: {
        ...requestHeaders(endpoints.profile, { requestId, correlationId: this.#correlationId, lane: 'batch' }),
        ...credential,
      },
      body: JSON.stringify(body),
      timeoutMs,
      reusedTimeoutMs: timeoutMs,
      staleTimeoutMs: timeoutMs,
      onNewConnection: false,
    });
    const durationMs = clock.monotonicMs() - startedMs;
    const { status, headers } = answer;
    return { namespace, operation, body, requestId, status, headers, content: parsedJson(answer.text), durationMs };
  }

  /** The headers that show who sends a request. Rejects with CredentialUnavailable. */
  async headersFor({ namespace, operation, body }: WireRequest): Promise<AuthenticationHeaders> {
    const { endpoints, authentication = noAuthentication } = this.#parts;
    const { connections, path } = endpoints.of(namespace, operation);
    for (;;) {
      await authentication.ready(systemClock.monotonicMs() + TIMEOUT_MS);
      const credential = authentication.current();
      if (credential !== null) {
        return credential.headersFor({ url: connections.urlOf(path), body: JSON.stringify(body) });
      }
    }
  }
}
