import type { Clock } from './ports/clock.ts';

export interface BreakerSettings {
  /**
   * Failures in a row that open the breaker. Not a share of a time window, because the number works
   * for 150 calls a second and for two calls an hour.
   */
  readonly failures: number;
  /** Milliseconds until an open breaker admits one probe. */
  readonly openMs: number;
}

/**
 * closed: calls are admitted. open: all calls are refused until `openMs` have passed. half-open:
 * one call, the probe, was admitted and decides; all others are refused until it ends.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * The right to make one call; one of the methods must follow. A call that was admitted before the
 * last change of state has no effect any more.
 */
export interface BreakerPermit {
  succeed(): void;
  /**
   * `item` identifies what the call asked about, when the item may be the cause. Failures of one
   * item in a row count once, so that repeated requests for it do not refuse all other requests.
   */
  fail(item?: string): void;
  /**
   * The call proved nothing about the other side. After an abandoned probe the next call is one.
   */
  abandon(): void;
}

/**
 * A circuit breaker for one operation and namespace of TOME, or for the database. It is not a
 * library's, because a creation must ask it before it reserves a pair without taking the probe, and
 * because fault trials need its clock to be injected
 * (docs/decisions/0008-write-our-own-circuit-breaker.md).
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #refusal: (retryAfterSeconds: number) => Error;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = 'closed';
  /** Counts changes of state and probes. A permit of an earlier term has no effect. */
  #term = 0;
  #failuresInARow = 0;
  readonly #itemsInARow = new Set<string>();
  #openedAtMs = 0;
  #probeUntilMs = 0;

  /** `refusal` creates the error for a refused call. */
  constructor(
    settings: BreakerSettings,
    clock: Pick<Clock, 'monotonicMs'>,
    refusal: (retryAfterSeconds: number) => Error,
    onChange: (state: BreakerState) => void,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#refusal = refusal;
    this.#onChange = onChange;
  }

  /** Throws the refusal when a call would be refused now. Takes no permit. */
  assertAdmits(): void {
    const waitMs = this.#waitMs();
    if (waitMs > 0) throw this.#refusal(Math.max(1, Math.ceil(waitMs / 1_000)));
  }

  /** Whether a call would be admitted now. */
  get isAdmitting(): boolean {
    return this.#waitMs() <= 0;
  }

  /** Milliseconds until the probe in flight counts as lost; 0 or less when there is none. */
  get probeWaitMs(): number {
    return this.#state === 'half-open' ? this.#probeUntilMs - this.#clock.monotonicMs() : 0;
  }

  /**
   * Admits one call, or throws like `assertAdmits`. A probe that does not report its outcome within
   * `probeTimeoutMs` counts as lost.
   */
  enter(probeTimeoutMs: number): BreakerPermit {
    this.assertAdmits();
    if (this.#state !== 'closed') {
      this.#probeUntilMs = this.#clock.monotonicMs() + probeTimeoutMs;
      this.#become('half-open');
    }
    const term = this.#term;
    const ifCurrent =
      (report: (item?: string) => void) =>
      (item?: string): void => {
        if (term === this.#term) report(item);
      };
    return {
      succeed: ifCurrent(() => {
        this.#failuresInARow = 0;
        this.#itemsInARow.clear();
        if (this.#state !== 'closed') this.#become('closed');
      }),
      fail: ifCurrent((item) => {
        if (this.#state === 'closed' && item !== undefined && this.#itemsInARow.has(item)) return;
        if (item !== undefined) this.#itemsInARow.add(item);
        this.#failuresInARow += 1;
        if (this.#state === 'closed' && this.#failuresInARow < this.#settings.failures) return;
        this.#openedAtMs = this.#clock.monotonicMs();
        this.#become('open');
      }),
      abandon: ifCurrent(() => {
        this.#probeUntilMs = this.#clock.monotonicMs();
      }),
    };
  }

  /** Milliseconds until a call would be admitted. */
  #waitMs(): number {
    const now = this.#clock.monotonicMs();
    if (this.#state === 'open') return this.#openedAtMs + this.#settings.openMs - now;
    if (this.#state === 'half-open') return this.#probeUntilMs - now;
    return 0;
  }

  #become(state: BreakerState): void {
    this.#term += 1;
    if (this.#state === state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
