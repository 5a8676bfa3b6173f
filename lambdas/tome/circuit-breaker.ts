import { TomeUnavailable } from '../tokenization/errors/tome-error.ts';
import type { Clock } from '../tokenization/ports/clock.ts';

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Milliseconds that it stays open before one probe is let through. */
  readonly openMs: number;
}

/**
 * closed: calls go through. open: nothing is sent until `openMs` have passed. half-open: exactly one call, the probe, is under way and decides;
 * everyone else is refused meanwhile.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * One breaker for each operation and namespace. Our own, and not a library's, because a creation must ask it *before* reserving a pair
 * (brief 2, "TOME down") without claiming the probe, and because its clock must be ours for a fault schedule to be replayed.
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #clock: Clock;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = 'closed';
  #failuresInARow = 0;
  #openedAtMs = 0;
  #probeUntilMs = 0;

  constructor(settings: BreakerSettings, clock: Clock, onChange: (state: BreakerState) => void) {
    this.#settings = settings;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Throws TomeUnavailable when a call would be refused now. Changes nothing. */
  assertAdmits(): void {
    const waitMs = this.#waitMs();
    if (waitMs > 0) {
      throw new TomeUnavailable('TOME is taken to be down: the circuit breaker is open.', {
        attempts: 0,
        retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
      });
    }
  }

  /** Before a call; throws like `assertAdmits`. A probe that is never reported on counts as lost after `probeTimeoutMs`. */
  enter(probeTimeoutMs: number): void {
    this.assertAdmits();
    if (this.#state === 'closed') return;
    this.#probeUntilMs = this.#clock.monotonicMs() + probeTimeoutMs;
    this.#become('half-open');
  }

  succeed(): void {
    this.#failuresInARow = 0;
    this.#become('closed');
  }

  fail(): void {
    this.#failuresInARow += 1;
    if (this.#state === 'closed' && this.#failuresInARow < this.#settings.failures) return;
    this.#openedAtMs = this.#clock.monotonicMs();
    this.#become('open');
  }

  /** Milliseconds until a call would be let through. */
  #waitMs(): number {
    const now = this.#clock.monotonicMs();
    if (this.#state === 'open') return this.#openedAtMs + this.#settings.openMs - now;
    if (this.#state === 'half-open') return this.#probeUntilMs - now;
    return 0;
  }

  #become(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
