import type { Clock } from './ports/clock.ts';

export interface BreakerSettings {
  /**
   * Failures in a row that open it. In a row and not a share of a window: it holds for 150 calls a second and for two an hour
   * alike, and a TOME that still answers now and then is the retry budget's affair.
   */
  readonly failures: number;
  /** Milliseconds that it stays open before one probe is let through. */
  readonly openMs: number;
}

/**
 * closed: calls go through. open: nothing is sent until `openMs` have passed. half-open: exactly one call, the probe, is under way and decides;
 * everyone else is refused meanwhile.
 */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** The right to make one call, ended by one of these. What was admitted before the state last changed has no say any more. */
export interface Admission {
  succeed(): void;
  /**
   * `subject`, where the failure may be about what was asked: the same subject counts once in a row, so that one odd item that is
   * asked for again and again keeps nobody else out.
   */
  fail(subject?: string): void;
  /** The call ended without showing anything about the other side; a probe's place is free again at once. */
  abandon(): void;
}

/** Makes the error that a refused call is answered with. */
export type Refusal = (retryAfterSeconds: number) => Error;

/**
 * A circuit breaker: one for each operation and namespace of TOME, and one for the database. It is our own and not a library's,
 * because a creation must ask it *before* reserving a pair without claiming the probe, and because its clock must be the
 * injected one for a fault schedule to be replayed.
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #refusal: Refusal;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = 'closed';
  /** Counts the changes of state and the probes, so that a straggler from an earlier one is known. */
  #term = 0;
  #failuresInARow = 0;
  readonly #subjectsInARow = new Set<string>();
  #openedAtMs = 0;
  #probeUntilMs = 0;

  constructor(
    settings: BreakerSettings,
    clock: Pick<Clock, 'monotonicMs'>,
    refusal: Refusal,
    onChange: (state: BreakerState) => void,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#refusal = refusal;
    this.#onChange = onChange;
  }

  /** Throws the refusal when a call would be refused now. Changes nothing. */
  assertAdmits(): void {
    const waitMs = this.#waitMs();
    if (waitMs > 0) throw this.#refusal(Math.max(1, Math.ceil(waitMs / 1_000)));
  }

  /** Milliseconds until the probe under way is given up for lost; 0 or less when there is none. */
  get probeWaitMs(): number {
    return this.#state === 'half-open' ? this.#probeUntilMs - this.#clock.monotonicMs() : 0;
  }

  /** Before a call; throws like `assertAdmits`. A probe that is never reported on counts as lost after `probeTimeoutMs`. */
  enter(probeTimeoutMs: number): Admission {
    this.assertAdmits();
    if (this.#state !== 'closed') {
      this.#probeUntilMs = this.#clock.monotonicMs() + probeTimeoutMs;
      this.#become('half-open');
    }
    const term = this.#term;
    const ifCurrent =
      (report: (subject?: string) => void) =>
      (subject?: string): void => {
        if (term === this.#term) report(subject);
      };
    return {
      succeed: ifCurrent(() => {
        this.#failuresInARow = 0;
        this.#subjectsInARow.clear();
        if (this.#state !== 'closed') this.#become('closed');
      }),
      fail: ifCurrent((subject) => {
        if (this.#state === 'closed' && subject !== undefined && this.#subjectsInARow.has(subject)) return;
        if (subject !== undefined) this.#subjectsInARow.add(subject);
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

  /** Milliseconds until a call would be let through. */
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
