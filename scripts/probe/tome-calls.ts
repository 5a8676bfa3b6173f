import { randomUUID } from 'node:crypto';
import type { Namespace, Operation } from '../../lambdas/tome/contract.ts';
import { type Answer, exchange, type RequestBody, type Verdict } from '../../lambdas/tome/http-exchange.ts';
import { type ProbeTime, systemTime } from './probe-time.ts';

/** Calls to a TOME, one at a time and never repeated, with the time that each took. */
export class TomeCalls {
  readonly #url: string;
  readonly #correlationId = `probe-${randomUUID()}`;
  /** In milliseconds, in the order of the calls. */
  readonly durationsMs: number[] = [];

  readonly #time: ProbeTime;

  constructor(url: string, time = systemTime) {
    this.#url = url;
    this.#time = time;
  }

  /** TOME's definitive word. Rejects with a TomeError when there is none. */
  async call<Name extends Operation>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
  ): Promise<Verdict<Answer<Name>>> {
    const startedMs = this.#time.monotonicMs();
    try {
      return await exchange(this.#url, {
        namespace,
        operation,
        body,
        lane: 'batch',
        correlationId: this.#correlationId,
        timeoutMs: TIMEOUT_MS,
      });
    } finally {
      this.durationsMs.push(this.#time.monotonicMs() - startedMs);
    }
  }
}

/** Longer than any answer that the product could use. */
const TIMEOUT_MS = 30_000;
