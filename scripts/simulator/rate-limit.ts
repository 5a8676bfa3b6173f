import type { Namespace, Operation } from '../../lambdas/tome/contract/contract.ts';
import type { Switches } from './switches.ts';

/**
 * TOME's rate limit: calls a second for each operation, in both namespaces together by default. A
 * token bucket that holds the calls of a tenth of a second, so that a client cannot send a burst at
 * the start of each second. `nowMs` is monotonic: a wall clock that is set back would refuse every
 * call until it has caught up.
 */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  /** `null` when the call is admitted; otherwise the milliseconds to wait. */
  refusalMs(namespace: Namespace, operation: Operation, nowMs: number, switches: Switches): number | null {
    const { rateLimitScope, rateLimitPerSecond: rate } = switches;
    if (rateLimitScope === 'off') return null;
    const key = rateLimitScope === 'endpoint' ? operation : `${namespace} ${operation}`;
    const capacity = Math.max(1, rate / 10);
    const bucket = this.#buckets.get(key) ?? { tokens: capacity, atMs: nowMs };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * rate);
    bucket.atMs = nowMs;
    this.#buckets.set(key, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return null;
    }
    return ((1 - bucket.tokens) / rate) * 1_000;
  }
}
