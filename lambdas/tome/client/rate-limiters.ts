import type { Clock } from '../../tokenization/ports/clock.ts';
import type { Lane, Namespace, Operation } from '../contract/contract.ts';
import type { TomeProfile } from '../profile/tome-profile.ts';
import { AdaptiveRateLimiter } from './adaptive-rate-limiter.ts';

export interface RateSettings {
  /** What TOME counts, and so what one limiter counts. */
  readonly limitScope: TomeProfile['limits']['scope'];
  /** Calls a second of each limiter of batch calls. */
  readonly batchCallsPerSecond: number;
  /** The same for live calls; 0 means no limit here. */
  readonly liveCallsPerSecond: number;
}

/**
 * The rate limiters of this process. Batch and live calls have different ones, so that a job never
 * takes the share of callers who wait.
 */
export class RateLimiters {
  readonly #settings: RateSettings;
  readonly #clock: Clock;
  readonly #limiters = new Map<string, AdaptiveRateLimiter>();

  constructor(settings: RateSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** The limiter of a call; `null` if there is no limit. */
  of(namespace: Namespace, operation: Operation, lane: Lane): AdaptiveRateLimiter | null {
    const { batchCallsPerSecond, liveCallsPerSecond, limitScope } = this.#settings;
    const callsPerSecond = lane === 'batch' ? batchCallsPerSecond : liveCallsPerSecond;
    if (callsPerSecond === 0) return null;
    // TOME counts both namespaces of an operation together.
    const counted = { endpoint: operation, namespace, all: 'all' }[limitScope];
    const key = `${lane} ${counted}`;
    const limiter = this.#limiters.get(key) ?? new AdaptiveRateLimiter(callsPerSecond, this.#clock);
    this.#limiters.set(key, limiter);
    return limiter;
  }
}
