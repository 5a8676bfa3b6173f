import { createHmac, randomBytes } from 'node:crypto';
import type { Admission } from '../../tokenization/circuit-breaker.ts';
import type { Clock, Random } from '../../tokenization/ports/clock.ts';
import type { TomeCall } from '../../tokenization/ports/tome.ts';
import { LastingAnswer, TomeError, TomeRateLimited } from '../../tokenization/tome-errors.ts';
import type { Lane, Namespace, Operation } from '../contract/contract.ts';
import {
  AttemptTimedOut,
  ConnectTimedOut,
  KeptConnectionLost,
  RequestUnwritable,
  ServerUnavailable,
} from './attempt-failure.ts';
import { type OnBreaker, type Turn, Turnstile, type TurnstileSettings } from './attempt-gate.ts';
import { graverFailure, isOfKeptConnection, mayBeAboutItem, mayRepeat, withAttempts } from './call-failure.ts';
import { type Answer, exchange, type RequestBody, type Verdict } from './http-exchange.ts';
import { RetryBudget } from './retry-budget.ts';
import { type RetryTiming, retryDelayMs } from './retry-timing.ts';
import { TomeConnections } from './tome-connections.ts';

export interface TomeSettings extends RetryTiming, TurnstileSettings {
  readonly baseUrl: string;
  readonly maxAttempts: number;
  /** Retries allowed for each call, over time: 0.1 is one in ten. */
  readonly retryRatio: number;
}

/** One attempt, for metrics and the ledger of calls (M4). */
export interface ObservedCall {
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly lane: Lane;
  /** `ok`, the contract's name of a refusal, or the code of the error. */
  readonly outcome: string;
  readonly durationMs: number;
  readonly correlationId: string;
}

export interface TomeClientOptions {
  readonly settings: TomeSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly onCall?: (call: ObservedCall) => void;
  /**
   * A call was refused here because TOME says 429 to everything: it would have been one more 429.
   */
  readonly onThrottled?: () => void;
  readonly onBreaker?: OnBreaker;
}

export interface Definitive<Content> {
  readonly verdict: Verdict<Content>;
  /** Requests that may have reached TOME, this one included. */
  readonly attempts: number;
}

/**
 * An attempt that the call's deadline left less than this share of its time shows nothing about
 * TOME when it times out.
 */
const TELLING_SHARE_OF_TIMEOUT = 0.5;

/**
 * A kept connection may take this share of what is left until the deadline, so that a new one can
 * follow in time.
 */
const KEPT_SHARE_OF_TIME_LEFT = 0.5;
/**
 * A kept connection that was idle for long enough to be doubtful gets this share of an attempt's
 * time.
 */
const DOUBTFUL_SHARE_OF_TIMEOUT = 0.5;

interface Question<Name extends Operation, Content> {
  readonly namespace: Namespace;
  readonly operation: Name;
  readonly body: RequestBody<Name>;
  readonly call: TomeCall;
  readonly read: (answer: Answer<Name>) => Content;
}

/**
 * Calls to TOME: each attempt through the turnstile, its outcome told to breaker and observer, and
 * the only retry layer there is (M3).
 */
export class TomeClient {
  readonly #options: TomeClientOptions;
  readonly #turnstile: Turnstile;
  readonly #retries: RetryBudget;
  readonly #connections: TomeConnections;
  /**
   * Of this process alone: what failed is remembered by a keyed hash, because it may be a card
   * number.
   */
  readonly #subjectKey = randomBytes(32);

  constructor(options: TomeClientOptions) {
    const { settings, clock, onBreaker } = options;
    this.#options = options;
    this.#turnstile = new Turnstile(settings, clock, onBreaker);
    this.#retries = new RetryBudget(settings.retryRatio, clock);
    this.#connections = new TomeConnections(settings.baseUrl, clock);
  }

  assertAdmits(namespace: Namespace, operation: Operation, call: TomeCall): void {
    try {
      this.#turnstile.assertAdmits(namespace, operation, call);
    } catch (error) {
      if (error instanceof TomeRateLimited) this.#options.onThrottled?.();
      throw error;
    }
  }

  /**
   * TOME's definitive word, an answer as `read` gives it; `read` throws a LastingAnswer for an item
   * that the domain cannot use. Rejects with a TomeError that counts the requests which may have
   * arrived.
   */
  async call<Name extends Operation, Content>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
    call: TomeCall,
    read: (answer: Answer<Name>) => Content,
  ): Promise<Definitive<Content>> {
    const { settings, clock, random } = this.#options;
    const question = { namespace, operation, body, call, read };
    let sent = 0;
    let gravest: TomeError | null = null;
    let isKeptGivenUp = false;
    for (let attempt = 1; ; attempt += 1) {
      const turn = await this.#turnstile.turn(namespace, operation, call).catch((refusal: unknown) => {
        if (refusal instanceof TomeRateLimited) this.#options.onThrottled?.();
        throw gravest === null ? refusal : withAttempts(gravest, sent);
      });
      if (attempt === 1 && !isKeptGivenUp) this.#retries.earn();
      let failure: TomeError;
      try {
        const verdict = await this.#attempt(question, turn, isKeptGivenUp || operation === 'prefetch');
        return { verdict, attempts: sent + 1 };
      } catch (error) {
        if (!(error instanceof TomeError)) throw error;
        failure = error;
      }
      sent += failure.attempts;
      gravest = graverFailure(gravest, failure);
      if (isOfKeptConnection(failure) && !isKeptGivenUp && this.#mayReplace(failure)) {
        // No attempt of this call's: it was lost to a connection that an earlier call had left.
        isKeptGivenUp = true;
        attempt -= 1;
        continue;
      }
      const pauseMs = pauseAfter(failure);
      if (failure instanceof TomeRateLimited) this.#turnstile.slowDown(operation, call.lane, pauseMs);
      const delayMs = retryDelayMs(attempt, settings, random, pauseMs);
      const isInTime = clock.monotonicMs() + delayMs < call.deadlineMs;
      if (!mayRepeat(operation, failure) || attempt >= settings.maxAttempts || !isInTime || !this.#retries.spend()) {
        throw withAttempts(gravest, sent);
      }
      await clock.sleep(delayMs);
    }
  }

  async #attempt<Name extends Operation, Content>(
    question: Question<Name, Content>,
    turn: Turn,
    onNewConnection: boolean,
  ): Promise<Verdict<Content>> {
    const { clock, onCall } = this.#options;
    const { namespace, operation, body, call, read } = question;
    const { lane, correlationId } = call;
    const { admission, throttle, timeoutMs } = turn;
    let outcome = 'unexpected';
    try {
      const said = await exchange(this.#connections, {
        namespace,
        operation,
        body,
        lane,
        correlationId,
        timeoutMs,
        ...this.#keptTimeouts(turn),
        onNewConnection,
      });
      throttle?.answered();
      const verdict = said.status === 200 ? { status: said.status, answer: read(said.answer) } : said;
      admission.succeed();
      outcome = verdict.status === 200 ? 'ok' : verdict.refusal.error;
      return verdict;
    } catch (error) {
      if (error instanceof TomeError) outcome = error.code;
      if (error instanceof TomeRateLimited) throttle?.refused(pauseAfter(error));
      else throttle?.unanswered();
      this.#judge(error, admission, timeoutMs, body);
      throw error;
    } finally {
      const durationMs = clock.monotonicMs() - turn.startedMs;
      onCall?.({ namespace, operation, lane, outcome, durationMs, correlationId });
    }
  }

  /**
   * A kept connection gets less than the whole time, so that a dead one leaves time for a new one.
   * Only while a retry can be had: without one a slow TOME would be given up early for nothing.
   */
  #keptTimeouts({ timeoutMs, timeLeftMs }: Turn): {
    readonly keptTimeoutMs: number;
    readonly doubtfulTimeoutMs: number;
  } {
    if (!this.#retries.hasRetry()) return { keptTimeoutMs: timeoutMs, doubtfulTimeoutMs: timeoutMs };
    const keptTimeoutMs = Math.min(timeoutMs, timeLeftMs * KEPT_SHARE_OF_TIME_LEFT);
    return { keptTimeoutMs, doubtfulTimeoutMs: Math.min(keptTimeoutMs, timeoutMs * DOUBTFUL_SHARE_OF_TIMEOUT) };
  }

  /**
   * A connection that was lost was no load for TOME. One that stayed silent may have been, so its
   * replacement is a retry.
   */
  #mayReplace(failure: TomeError): boolean {
    return failure instanceof KeptConnectionLost || this.#retries.spend();
  }

  #judge(error: unknown, admission: Admission, timeoutMs: number, body: object): void {
    const wasCutShort =
      (error instanceof AttemptTimedOut || error instanceof ConnectTimedOut) &&
      timeoutMs < this.#options.settings.attemptTimeoutMs * TELLING_SHARE_OF_TIMEOUT;
    // A 429 is TOME at work, and no sign that it is down; nor is its word about one item.
    if (error instanceof TomeRateLimited || error instanceof LastingAnswer) admission.succeed();
    else if (
      !(error instanceof TomeError) ||
      wasCutShort ||
      error instanceof RequestUnwritable ||
      isOfKeptConnection(error)
    ) {
      admission.abandon();
    } else if (mayBeAboutItem(error)) admission.fail(this.#subjectOf(body));
    else admission.fail();
  }

  #subjectOf(body: object): string {
    return createHmac('sha256', this.#subjectKey).update(JSON.stringify(body)).digest('base64');
  }
}

/** Milliseconds that TOME, or what stands before it, asked to wait. */
const pauseAfter = (failure: TomeError): number =>
  failure instanceof TomeRateLimited || failure instanceof ServerUnavailable ? failure.retryAfterSeconds * 1_000 : 0;
