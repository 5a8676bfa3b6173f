import type { Namespace, Operation } from '../../lambdas/tome/contract/contract.ts';
import type { Switches } from './switches.ts';

/**
 * Token buckets by name. Each holds the calls of a tenth of a second, so that a client cannot send
 * a burst at the start of each second. `nowMs` is monotonic: a wall clock that is set back would
 * refuse every call until it has caught up.
 */
class TokenBuckets {
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  /** `null` when the call is admitted; otherwise the milliseconds to wait. */
  refusalMs(name: string, callsPerSecond: number, nowMs: number): number | null {
    const capacity = Math.max(1, callsPerSecond / 10);
    const bucket = this.#buckets.get(name) ?? { tokens: capacity, atMs: nowMs };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * callsPerSecond);
    bucket.atMs = nowMs;
    this.#buckets.set(name, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return null;
    }
    return ((1 - bucket.tokens) / callsPerSecond) * 1_000;
  }
}

/** TOME's rate limit. The switch `rateLimitScope` says which calls share it. */
export class RateLimit {
  readonly #buckets = new TokenBuckets();

  /** `null` when the call is admitted; otherwise the milliseconds to wait. `nowMs` is monotonic. */
  refusalMs(namespace: Namespace, operation: Operation, nowMs: number, switches: Switches): number | null {
    const { rateLimitScope, rateLimitPerSecond } = switches;
    switch (rateLimitScope) {
      case 'off':
        return null;
      case 'endpoint':
        return this.#buckets.refusalMs(operation, rateLimitPerSecond, nowMs);
      case 'namespace':
        return this.#buckets.refusalMs(`${namespace} ${operation}`, rateLimitPerSecond, nowMs);
      case 'whole-namespace':
        return this.#buckets.refusalMs(namespace, rateLimitPerSecond, nowMs);
      case 'all':
        return this.#buckets.refusalMs('all', rateLimitPerSecond, nowMs);
    }
  }
}

/** The rate limit of a gateway in front of TOME. */
export class EdgeLimit {
  readonly #buckets = new TokenBuckets();

  /** Whether the gateway forwards the call. `nowMs` is monotonic. */
  admits(namespace: Namespace, nowMs: number, { edgeCallsPerSecond }: Switches): boolean {
    if (edgeCallsPerSecond === null) return true;
    if (typeof edgeCallsPerSecond === 'number') {
      return this.#buckets.refusalMs('all', edgeCallsPerSecond, nowMs) === null;
    }
    const rate = edgeCallsPerSecond[namespace];
    return rate === undefined || this.#buckets.refusalMs(namespace, rate, nowMs) === null;
  }
}
