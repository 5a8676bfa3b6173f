import { TomeError, TomeRateLimited, TomeUnavailable } from '../tokenization/errors/tome-error.ts';
import type { Clock, Random } from '../tokenization/ports/clock.ts';
import type { TomeCall } from '../tokenization/ports/tome.ts';
import { type BreakerSettings, type BreakerState, CircuitBreaker } from './circuit-breaker.ts';
import type { Lane, Namespace, Operation } from './contract.ts';
import { exchange, type RequestBody, type Verdict } from './http-exchange.ts';
import { RateBudget } from './rate-budget.ts';
import { RetryBudget } from './retry-budget.ts';
import { type RetryTiming, retryDelayMs } from './retry-timing.ts';

export interface TomeSettings extends RetryTiming {
  readonly baseUrl: string;
  /** Milliseconds for one attempt; the call's deadline may leave less. */
  readonly attemptTimeoutMs: number;
  readonly maxAttempts: number;
  /** Retries allowed for each call, over time: 0.1 is one in ten. */
  readonly retryRatio: number;
  readonly breaker: BreakerSettings;
  /** Calls a second of each operation, both namespaces together, as TOME counts them. */
  readonly batchCallsPerSecond: number;
  /** The same for live calls; 0 leaves them to TOME's own limit. */
  readonly liveCallsPerSecond: number;
}

/** One attempt, for metrics and the ledger of calls (M4). */
export interface ObservedCall {
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly lane: Lane;
  /** `ok`, `refused`, or the code of the error. */
  readonly outcome: string;
  readonly durationMs: number;
  readonly correlationId: string;
}

export interface TomeClientOptions {
  readonly settings: TomeSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly onCall?: (call: ObservedCall) => void;
  readonly onBreaker?: (endpoint: { namespace: Namespace; operation: Operation; state: BreakerState }) => void;
}

export interface Definitive<Name extends Operation> {
  readonly verdict: Verdict<Name>;
  /** Requests that may have reached TOME, this one included. */
  readonly attempts: number;
}

/** Calls to TOME with everything around them: pacing, breaker, deadline, and the only retry layer there is (M3). */
export class TomeClient {
  readonly #options: TomeClientOptions;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #budgets = new Map<string, RateBudget>();
  readonly #retries: RetryBudget;

  constructor(options: TomeClientOptions) {
    this.#options = options;
    this.#retries = new RetryBudget(options.settings.retryRatio);
  }

  assertAdmits(namespace: Namespace, operation: Operation): void {
    this.#breaker(namespace, operation).assertAdmits();
  }

  /**
   * TOME's definitive word. Rejects with a TomeError that counts the requests which may have arrived. Every operation but prefetch may be sent again:
   * the same source and token give the same answer. A prefetch answer that is lost has used its tokens up, so only a refused one is.
   */
  async call<Name extends Operation>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
    call: TomeCall,
  ): Promise<Definitive<Name>> {
    const { settings, clock, random } = this.#options;
    this.#retries.earn();
    let sent = 0;
    let unknown: TomeError | null = null;
    for (let attempt = 1; ; attempt += 1) {
      let failure: TomeError;
      try {
        await this.#budget(operation, call.lane)?.turn(call.deadlineMs);
        const verdict = await this.#attempt(namespace, operation, body, call);
        return { verdict, attempts: sent + 1 };
      } catch (error) {
        if (!(error instanceof TomeError)) throw error;
        failure = error;
      }
      sent += failure.attempts;
      const isRefused = failure instanceof TomeRateLimited;
      if (failure.attempts > 0 && !isRefused) unknown = failure;
      // Batch work makes room (P3); live calls only wait before they try again.
      if (isRefused && call.lane === 'batch')
        this.#budget(operation, 'batch')?.slowDown(failure.retryAfterSeconds * 1_000);
      const mayRepeat = failure.attempts > 0 && (operation !== 'prefetch' || isRefused);
      const delayMs = retryDelayMs(attempt, settings, random, isRefused ? failure.retryAfterSeconds * 1_000 : 0);
      const isInTime = clock.monotonicMs() + delayMs < call.deadlineMs;
      if (!mayRepeat || attempt >= settings.maxAttempts || !isInTime || !this.#retries.spend()) {
        throw withAttempts(unknown ?? failure, sent);
      }
      await clock.sleep(delayMs);
    }
  }

  async #attempt<Name extends Operation>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
    { lane, correlationId, deadlineMs }: TomeCall,
  ): Promise<Verdict<Name>> {
    const { settings, clock, onCall } = this.#options;
    const breaker = this.#breaker(namespace, operation);
    const startedMs = clock.monotonicMs();
    const timeoutMs = Math.min(settings.attemptTimeoutMs, deadlineMs - startedMs);
    if (timeoutMs <= 0) throw new TomeUnavailable('No time was left to ask TOME.', { attempts: 0 });
    breaker.enter(timeoutMs);
    const observe = (outcome: string): void => {
      onCall?.({ namespace, operation, lane, outcome, durationMs: clock.monotonicMs() - startedMs, correlationId });
    };
    try {
      const verdict = await exchange(settings.baseUrl, { namespace, operation, body, lane, correlationId, timeoutMs });
      breaker.succeed();
      observe(verdict.status === 200 ? 'ok' : verdict.refusal.error);
      return verdict;
    } catch (error) {
      // A 429 is TOME at work, and no sign that it is down.
      if (error instanceof TomeRateLimited) breaker.succeed();
      else breaker.fail();
      observe(error instanceof TomeError ? error.code : 'unexpected');
      throw error;
    }
  }

  #breaker(namespace: Namespace, operation: Operation): CircuitBreaker {
    const { settings, clock, onBreaker } = this.#options;
    const key = `${namespace} ${operation}`;
    let breaker = this.#breakers.get(key);
    if (breaker === undefined) {
      breaker = new CircuitBreaker(settings.breaker, clock, (state) => onBreaker?.({ namespace, operation, state }));
      this.#breakers.set(key, breaker);
    }
    return breaker;
  }

  #budget(operation: Operation, lane: Lane): RateBudget | null {
    const { settings, clock } = this.#options;
    const callsPerSecond = lane === 'batch' ? settings.batchCallsPerSecond : settings.liveCallsPerSecond;
    if (callsPerSecond === 0) return null;
    const key = `${lane} ${operation}`;
    let budget = this.#budgets.get(key);
    if (budget === undefined) {
      budget = new RateBudget(callsPerSecond, clock);
      this.#budgets.set(key, budget);
    }
    return budget;
  }
}

/**
 * The failure of the whole call: of several, the last one that leaves open what happened, because a request that is on its way may still
 * arrive whatever ended the last attempt.
 */
function withAttempts(failure: TomeError, attempts: number): TomeError {
  if (failure.attempts === attempts) return failure;
  const details = { attempts, retryAfterSeconds: failure.retryAfterSeconds, cause: failure };
  return new (failure.constructor as new (message: string, details: object) => TomeError)(failure.message, details);
}
