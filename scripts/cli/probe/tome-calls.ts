import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { exchange, invalidAnswer, type Reply, type RequestBody } from '../../../lambdas/tome/client/http-exchange.ts';
import { TomeConnections } from '../../../lambdas/tome/client/tome-connections.ts';
import { type Namespace, type Operation, schemas } from '../../../lambdas/tome/contract/contract.ts';
import { type ProbeTime, systemTime } from './probe-time.ts';

/** An answer as the contract has it, which is stricter than what the product can read. */
type Answer<Name extends Operation> = z.core.output<(typeof schemas)[Name]['answer']>;

/** Calls to a TOME, one at a time and never repeated, with the time that each took. */
export class TomeCalls {
  readonly #connections: TomeConnections;
  readonly #correlationId = `probe-${randomUUID()}`;
  /** In milliseconds, in the order of the calls. */
  readonly durationsMs: number[] = [];

  readonly #time: ProbeTime;

  constructor(url: string, time = systemTime) {
    this.#connections = // Times of its own: the probe's are looked at twice a call.
      this.#connections = new TomeConnections(url, { monotonicMs: () => performance.now() });
    this.#time = time;
  }

  /** TOME's definitive word. Rejects with a TomeError when there is none. */
  async call<Name extends Operation>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
  ): Promise<Reply<Answer<Name>>> {
    const startedMs = this.#time.monotonicMs();
    try {
      const reply = await exchange(this.#connections, {
        namespace,
        operation,
        body,
        lane: 'batch',
        correlationId: this.#correlationId,
        timeoutMs: TIMEOUT_MS,
        reusedTimeoutMs: TIMEOUT_MS,
        staleTimeoutMs: TIMEOUT_MS,
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

/** Longer than any answer that the product could use. */
const TIMEOUT_MS = 30_000;
