import {
  type Admission,
  type BreakerSettings,
  type BreakerState,
  CircuitBreaker,
} from '../tokenization/circuit-breaker.ts';
import { TomeUnavailable } from '../tokenization/errors/tome-error.ts';
import type { Clock } from '../tokenization/ports/clock.ts';
import type { TomeCall } from '../tokenization/ports/tome.ts';
import type { Lane, Namespace, Operation } from './contract.ts';
import { RateBudget } from './rate-budget.ts';

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
  readonly startedMs: number;
  readonly timeoutMs: number;
}

/** Everything that can stop an attempt before anything is sent: its lane's pace, the deadline, the breaker. */
export class Turnstile {
  readonly #settings: TurnstileSettings;
  readonly #clock: Clock;
  readonly #onBreaker: OnBreaker | undefined;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #budgets = new Map<string, RateBudget>();

  constructor(settings: TurnstileSettings, clock: Clock, onBreaker: OnBreaker | undefined) {
    this.#settings = settings;
    this.#clock = clock;
    this.#onBreaker = onBreaker;
  }

  /** Throws TomeUnavailable when the breaker would refuse a call now; claims nothing. */
  assertAdmits(namespace: Namespace, operation: Operation): void {
    this.#breaker(namespace, operation).assertAdmits();
  }

  /** Resolves when the attempt may be sent. Rejects with TomeUnavailable or TomeBudgetSpent, of no attempts, when it may not. */
  async turn(namespace: Namespace, operation: Operation, { lane, deadlineMs }: TomeCall): Promise<Turn> {
    await this.#budget(operation, lane)?.turn(deadlineMs);
    const startedMs = this.#clock.monotonicMs();
    const timeoutMs = Math.min(this.#settings.attemptTimeoutMs, deadlineMs - startedMs);
    if (timeoutMs <= 0) throw new TomeUnavailable('No time was left to ask TOME.', { attempts: 0 });
    return { admission: this.#breaker(namespace, operation).enter(timeoutMs), startedMs, timeoutMs };
  }

  /** TOME said 429: batch work makes room (P3); live calls only wait before they try again. */
  slowDown(operation: Operation, lane: Lane, pauseMs: number): void {
    if (lane === 'batch') this.#budget(operation, lane)?.slowDown(pauseMs);
  }

  #breaker(namespace: Namespace, operation: Operation): CircuitBreaker {
    const key = `${namespace} ${operation}`;
    let breaker = this.#breakers.get(key);
    if (breaker === undefined) {
      const onChange = (state: BreakerState): void => this.#onBreaker?.({ namespace, operation, state });
      breaker = new CircuitBreaker(this.#settings.breaker, this.#clock, takenToBeDown, onChange);
      this.#breakers.set(key, breaker);
    }
    return breaker;
  }

  #budget(operation: Operation, lane: Lane): RateBudget | null {
    const { batchCallsPerSecond, liveCallsPerSecond } = this.#settings;
    const callsPerSecond = lane === 'batch' ? batchCallsPerSecond : liveCallsPerSecond;
    if (callsPerSecond === 0) return null;
    const key = `${lane} ${operation}`;
    let budget = this.#budgets.get(key);
    if (budget === undefined) {
      budget = new RateBudget(callsPerSecond, this.#clock);
      this.#budgets.set(key, budget);
    }
    return budget;
  }
}

const takenToBeDown = (retryAfterSeconds: number): TomeUnavailable =>
  new TomeUnavailable('TOME is taken to be down: the circuit breaker is open.', { attempts: 0, retryAfterSeconds });
