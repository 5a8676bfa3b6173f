import { createHmac, randomBytes } from 'node:crypto';
import {
  type BreakerPermit,
  type BreakerSettings,
  type BreakerState,
  CircuitBreaker,
} from '../../tokenization/circuit-breaker.ts';
import type { Clock } from '../../tokenization/ports/clock.ts';
import type { TomeCall } from '../../tokenization/ports/tome.ts';
import { LastingAnswer, TomeError, TomeRateLimited, TomeUnavailable } from '../../tokenization/tome-errors.ts';
import type { Lane, Namespace, Operation } from '../contract/contract.ts';
import {
  AttemptTimedOut,
  ConnectTimedOut,
  CredentialReplaced,
  isOfReusedConnection,
  mayBeAboutItem,
  RequestUnwritable,
  requestedPauseMs,
} from './failures.ts';
import { RateLimiters, type RateSettings } from './rate-limiters.ts';
import { Throttle } from './throttle.ts';

export interface AttemptGateSettings extends RateSettings {
  /** Milliseconds for one attempt. The call's deadline can leave less. */
  readonly attemptTimeoutMs: number;
  readonly breaker: BreakerSettings;
}

export interface AttemptGateObservers {
  readonly onBreaker?: (change: { namespace: Namespace; operation: Operation; state: BreakerState }) => void;
  /** A call was refused here, because TOME answers all calls with 429. */
  readonly onThrottled?: () => void;
}

/** The right to send one request. `succeed`, `fail` or `abandon` must follow. */
export interface AttemptPermit {
  readonly startedMs: number;
  readonly timeoutMs: number;
  succeed(): void;
  /** `body`: the request's body, which identifies the item. */
  fail(error: unknown, body: object): void;
  /** Nothing was sent. */
  abandon(): void;
}

/** An attempt with a smaller share of the timeout than this proves nothing when it times out. */
const CONCLUSIVE_SHARE_OF_TIMEOUT = 0.5;

/** How often batch calls check whether a probe has ended, in milliseconds. */
const PROBE_CHECK_MS = 20;

/**
 * Everything that can hold back or refuse an attempt before it is sent: the rate limiter of its
 * lane, the deadline, TOME's Retry-After and the circuit breaker. Each of them learns from the
 * outcome.
 */
export class AttemptGate {
  readonly #settings: AttemptGateSettings;
  readonly #clock: Clock;
  readonly #observers: AttemptGateObservers;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #throttles = new Map<string, Throttle>();
  readonly #limiters: RateLimiters;
  /** Failed items are remembered by a keyed hash, because an item can be a card number. */
  readonly #itemKey = randomBytes(32);

  constructor(settings: AttemptGateSettings, clock: Clock, observers: AttemptGateObservers = {}) {
    this.#settings = settings;
    this.#clock = clock;
    this.#observers = observers;
    this.#limiters = new RateLimiters(settings, clock);
  }

  /** Throws the TomeError with which a call would be refused now. Takes no permit. */
  assertAdmits(namespace: Namespace, operation: Operation, { lane, deadlineMs }: TomeCall): void {
    this.#breaker(namespace, operation).assertAdmits();
    this.#throttle(namespace, operation, lane)?.assertAdmits();
    this.#limiters.of(namespace, operation, lane)?.assertSlot(deadlineMs);
  }

  /**
   * Waits until the attempt may be sent. Rejects with a TomeError with no attempts when it may not.
   */
  async acquire(namespace: Namespace, operation: Operation, { lane, deadlineMs }: TomeCall): Promise<AttemptPermit> {
    const breaker = this.#breaker(namespace, operation);
    const limiter = this.#limiters.of(namespace, operation, lane);
    // Before the limiter: calls that wait here after they got a slot would all be sent at once.
    const throttled = await this.#throttle(namespace, operation, lane)?.enter(deadlineMs);
    try {
      do {
        if (lane === 'batch') await this.#probeEnds(breaker, deadlineMs);
        await limiter?.acquire(deadlineMs);
      } while (lane === 'batch' && breaker.probeWaitMs > 0);
      const startedMs = this.#clock.monotonicMs();
      const timeoutMs = Math.min(this.#settings.attemptTimeoutMs, deadlineMs - startedMs);
      if (timeoutMs <= 0) throw new TomeUnavailable('No time was left to ask TOME.', { attempts: 0 });
      throttled?.assertAdmits();
      const permit = breaker.enter(timeoutMs);
      throttled?.begin(timeoutMs);
      return {
        startedMs,
        timeoutMs,
        succeed() {
          throttled?.answered();
          permit.succeed();
        },
        abandon() {
          throttled?.unanswered();
          permit.abandon();
        },
        fail: (error, body) => {
          if (error instanceof TomeRateLimited) {
            throttled?.refused(requestedPauseMs(error));
            // Batch calls make room. Live calls only wait before they retry.
            if (lane === 'batch') limiter?.slowDown(requestedPauseMs(error));
          } else if (error instanceof LastingAnswer) throttled?.answered();
          else throttled?.unanswered();
          this.#reportToBreaker(permit, error, timeoutMs, body);
        },
      };
    } catch (error) {
      throttled?.unanswered();
      throw error;
    }
  }

  /**
   * TOME refused the credential of a call, and no other one came. The permit proved nothing before.
   * Otherwise each creation would use a pair while TOME accepts no credential.
   */
  countDenied(namespace: Namespace, operation: Operation, body: object): void {
    const breaker = this.#breaker(namespace, operation);
    if (breaker.isAdmitting) breaker.enter(0).fail(this.#hashOf(body));
  }

  #reportToBreaker(permit: BreakerPermit, error: unknown, timeoutMs: number, body: object): void {
    const wasCutShort =
      (error instanceof AttemptTimedOut || error instanceof ConnectTimedOut) &&
      timeoutMs < this.#settings.attemptTimeoutMs * CONCLUSIVE_SHARE_OF_TIMEOUT;
    // A TOME that answers 429, or answers about one item, is not down.
    if (error instanceof TomeRateLimited || error instanceof LastingAnswer) permit.succeed();
    else if (
      !(error instanceof TomeError) ||
      wasCutShort ||
      error instanceof RequestUnwritable ||
      error instanceof CredentialReplaced ||
      isOfReusedConnection(error)
    ) {
      permit.abandon();
    } else if (mayBeAboutItem(error)) permit.fail(this.#hashOf(body));
    else permit.fail();
  }

  #hashOf(body: object): string {
    return createHmac('sha256', this.#itemKey).update(JSON.stringify(body)).digest('base64');
  }

  /**
   * The other workers of a prefetch wait for the probe that one of them sends; a refusal would end
   * the run. Live calls do not wait: a caller would.
   */
  async #probeEnds(breaker: CircuitBreaker, deadlineMs: number): Promise<void> {
    while (breaker.probeWaitMs > 0 && this.#clock.monotonicMs() < deadlineMs) {
      await this.#clock.sleep(Math.min(breaker.probeWaitMs, PROBE_CHECK_MS));
    }
  }

  #breaker(namespace: Namespace, operation: Operation): CircuitBreaker {
    return getOrCreate(this.#breakers, `${namespace} ${operation}`, () => {
      const onChange = (state: BreakerState): void => this.#observers.onBreaker?.({ namespace, operation, state });
      return new CircuitBreaker(this.#settings.breaker, this.#clock, breakerOpen, onChange);
    });
  }

  /** Only a live tokenize can cost a pair. Other refused calls cost nothing. */
  #throttle(namespace: Namespace, operation: Operation, lane: Lane): Throttle | null {
    if (operation !== 'tokenize' || lane !== 'live') return null;
    return getOrCreate(
      this.#throttles,
      namespace,
      () => new Throttle(this.#clock, () => this.#observers.onThrottled?.()),
    );
  }
}

function getOrCreate<Value>(values: Map<string, Value>, key: string, create: () => Value): Value {
  const value = values.get(key) ?? create();
  values.set(key, value);
  return value;
}

const breakerOpen = (retryAfterSeconds: number): TomeUnavailable =>
  new TomeUnavailable('The circuit breaker of TOME is open. Nothing was sent.', { attempts: 0, retryAfterSeconds });
