import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Credential } from '../../../lambdas/tome/client/authentication/authentication.ts';
import { exchange, invalidAnswer, type Reply, type RequestBody } from '../../../lambdas/tome/client/http-exchange.ts';
import { TomeEndpoints } from '../../../lambdas/tome/client/tome-endpoints.ts';
import { type Namespace, type Operation, schemas } from '../../../lambdas/tome/contract/contract.ts';
import { readTomeProfile } from '../../../lambdas/tome/profile/read-profile.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { type ProbeTime, systemTime } from './probe-time.ts';

/** An answer that follows the contract exactly. The product accepts more. */
type Answer<Name extends Operation> = z.core.output<(typeof schemas)[Name]['answer']>;

/** Calls to TOME without retries, with the duration of each call. */
export class TomeCalls {
  readonly #endpoints: TomeEndpoints;
  readonly #correlationId = `probe-${randomUUID()}`;
  /** Milliseconds, in the order of the calls. */
  readonly durationsMs: number[] = [];

  readonly #time: ProbeTime;

  constructor(url: string, time = systemTime, profile = simulatorProfile()) {
    // Not `time`: it is read exactly twice for each call.
    this.#endpoints = new TomeEndpoints({ baseUrl: url, profile }, { monotonicMs: () => performance.now() });
    this.#time = time;
  }

  /**
   * Returns the answer of TOME, also a refusal. Rejects with a TomeError when there is no valid
   * answer.
   */
  async call<Name extends Operation>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
  ): Promise<Reply<Answer<Name>>> {
    const startedMs = this.#time.monotonicMs();
    try {
      const reply = await exchange(this.#endpoints, {
        namespace,
        operation,
        body,
        lane: 'batch',
        correlationId: this.#correlationId,
        timeoutMs: TIMEOUT_MS,
        reusedTimeoutMs: TIMEOUT_MS,
        staleTimeoutMs: TIMEOUT_MS,
        credential: NO_CREDENTIAL,
        onNewConnection: false,
      });
      if (reply.status !== 200) return reply;
      const { success, data } = z.safeParse(schemas[operation].answer, reply.answer);
      if (!success) throw invalidAnswer(`${operation} has an unexpected body`);
      return { status: 200, answer: data as Answer<Name> };
    } finally {
      this.durationsMs.push(this.#time.monotonicMs() - startedMs);
    }
  }
}

const NO_CREDENTIAL: Credential = { headersFor: () => ({}) };

function simulatorProfile(): TomeProfile {
  const read = readTomeProfile('simulator');
  if ('faults' in read) throw new Error(read.faults.join(', '));
  return read.profile;
}

/** Longer than any answer that would be useful to the product. */
const TIMEOUT_MS = 30_000;
