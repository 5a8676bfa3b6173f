import {
  type Admission,
  type BreakerSettings,
  type BreakerState,
  CircuitBreaker,
} from '../../tokenization/circuit-breaker.ts';
import type { Clock } from '../../tokenization/ports/clock.ts';
import type { TomeCall } from '../../tokenization/ports/tome.ts';
import { TomeUnavailable } from '../../tokenization/tome-errors.ts';
import type { Lane, Namespace, Operation } from '../contract/contract.ts';
import { RateBudget } from './adaptive-rate-limiter.ts';
import { Throttle, type ThrottledCall } from './throttle.ts';

export interface TurnstileSettings {
  /** Milliseconds for one attempt; the call's deadline may leave less. */
  readonly attemptTimeoutMs: number;
  readonly breaker: BreakerSettings;
  /** Calls a second of each operation, both namespaces together, as TOME counts them. */
  readonly batchCallsPerSecond: number;
  /** The same for live calls; 0 leaves them to TOME's own limit. */
  readonly liveCallsPerSecond: number;
}

export type OnBreaker = (endpoint: { namespace: Namespace; operation: Operation; state: BreakerState }) => void;

/** What one attempt may use once it is let through. */
export interface Turn {
  readonly admission: Admission;
  /** Of an operation that costs a pair when it is sent for nothing. */
  readonly throttle: ThrottledCall | null;
  readonly startedMs: number;
  readonly timeoutMs: number;
  /** Until the call's deadline. */
  readonly timeLeftMs: number;
}

/** How often batch work looks whether a probe has ended, in milliseconds. */
const PROBE_LOOK_MS = 20;

/**
 * Everything that can stop an attempt before anything is sent: its lane's pace, the deadline,
 * TOME's Retry-After, the breaker.
 */
export class Turnstile {
  readonly #settings: TurnstileSettings;
  readonly #clock: Clock;
  readonly #onBreaker: OnBreaker | undefined;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #throttles = new Map<string, Throttle>();
  readonly #budgets = new Map<string, RateBudget>();

  constructor(settings: TurnstileSettings, clock: Clock, onBreaker: OnBreaker | undefined) {
    this.#settings = settings;
    this.#clock = clock;
    this.#onBreaker = onBreaker;
  }

  /** Throws the TomeError that a call would be refused with now; claims nothing. */
  assertAdmits(namespace: Namespace, operation: Operation, { lane, deadlineMs }: TomeCall): void {
    this.#breaker(namespace, operation).assertAdmits();
    this.#throttle(namespace, operation, lane)?.assertAdmits();
    this.#budget(operation, lane)?.assertTurn(deadlineMs);
  }

  /**
   * Resolves when the attempt may be sent. Rejects with a TomeError of no attempts when it may not.
   */
  async turn(namespace: Namespace, operation: Operation, { lane, deadlineMs }: TomeCall): Promise<Turn> {
    const breaker = this.#breaker(namespace, operation);
    const throttle = this.#throttle(namespace, operation, lane);
    // Before the lane's pace: calls that waited here with their turns in hand would all go at once.
    const throttled = throttle === null ? null : await throttle.enter(deadlineMs);
    try {
      do {
        if (lane === 'batch') await this.#probeEnds(breaker, deadlineMs);
        await this.#budget(operation, lane)?.turn(deadlineMs);
      } while (lane === 'batch' && breaker.probeWaitMs > 0);
      const startedMs = this.#clock.monotonicMs();
      const timeLeftMs = deadlineMs - startedMs;
      const timeoutMs = Math.min(this.#settings.attemptTimeoutMs, timeLeftMs);
      if (timeoutMs <= 0) throw new TomeUnavailable('No time was left to ask TOME.', { attempts: 0 });
      throttled?.assertAdmits();
      const admission = breaker.enter(timeoutMs);
      throttled?.begin(timeoutMs);
      return { admission, throttle: throttled, startedMs, timeoutMs, timeLeftMs };
    } catch (error) {
      throttled?.unanswered();
      throw error;
    }
  }

  /** TOME said 429: batch work makes room (P3); live calls only wait before they try again. */
  slowDown(operation: Operation, lane: Lane, pauseMs: number): void {
    if (lane === 'batch') this.#budget(operation, lane)?.slowDown(pauseMs);
  }

  /**
   * Batch work of many workers waits for the probe of one of them; refused at once, it would stop a
   * run that could go on. Nobody waits for a batch call; a live one is refused.
   */
  async #probeEnds(breaker: CircuitBreaker, deadlineMs: number): Promise<void> {
    while (breaker.probeWaitMs > 0 && this.#clock.monotonicMs() < deadlineMs) {
      await this.#clock.sleep(Math.min(breaker.probeWaitMs, PROBE_LOOK_MS));
    }
  }

  #breaker(namespace: Namespace, operation: Operation): CircuitBreaker {
    return madeOnce(this.#breakers, `${namespace} ${operation}`, () => {
      const onChange = (state: BreakerState): void => this.#onBreaker?.({ namespace, operation, state });
      return new CircuitBreaker(this.#settings.breaker, this.#clock, takenToBeDown, onChange);
    });
  }

  /**
   * Only a live tokenize has a pair at stake. Reads cost nothing when they are refused, and batch
   * work slows down by itself.
   */
  #throttle(namespace: Namespace, operation: Operation, lane: Lane): Throttle | null {
    if (operation !== 'tokenize' || lane !== 'live') return null;
    return madeOnce(this.#throttles, namespace, () => new Throttle(this.#clock));
  }

  #budget(operation: Operation, lane: Lane): RateBudget | null {
    const { batchCallsPerSecond, liveCallsPerSecond } = this.#settings;
    const callsPerSecond = lane === 'batch' ? batchCallsPerSecond : liveCallsPerSecond;
    if (callsPerSecond === 0) return null;
    return madeOnce(this.#budgets, `${lane} ${operation}`, () => new RateBudget(callsPerSecond, this.#clock));
  }
}

function madeOnce<Value>(values: Map<string, Value>, key: string, make: () => Value): Value {
  const value = values.get(key) ?? make();
  values.set(key, value);
  return value;
}

const takenToBeDown = (retryAfterSeconds: number): TomeUnavailable =>
  new TomeUnavailable('TOME is taken to be down: the circuit breaker is open.', { attempts: 0, retryAfterSeconds });
