import type { Admission } from '../tokenization/circuit-breaker.ts';
import { TomeError, TomeRateLimited } from '../tokenization/errors/tome-error.ts';
import type { Clock, Random } from '../tokenization/ports/clock.ts';
import type { TomeCall } from '../tokenization/ports/tome.ts';
import { graverFailure, withAttempts } from './call-failure.ts';
import type { Lane, Namespace, Operation } from './contract.ts';
import { AttemptTimedOut } from './fetch-failure.ts';
import { type Answer, exchange, type RequestBody, type Verdict } from './http-exchange.ts';
import { RetryBudget } from './retry-budget.ts';
import { type RetryTiming, retryDelayMs } from './retry-timing.ts';
import { type OnBreaker, type Turn, Turnstile, type TurnstileSettings } from './turnstile.ts';

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
  readonly onBreaker?: OnBreaker;
}

export interface Definitive<Content> {
  readonly verdict: Verdict<Content>;
  /** Requests that may have reached TOME, this one included. */
  readonly attempts: number;
}

/** An attempt that the call's deadline left less than this share of its time shows nothing about TOME when it times out. */
const TELLING_SHARE_OF_TIMEOUT = 0.5;

/** Calls to TOME: each attempt through the turnstile, its outcome told to breaker and observer, and the only retry layer there is (M3). */
export class TomeClient {
  readonly #options: TomeClientOptions;
  readonly #turnstile: Turnstile;
  readonly #retries: RetryBudget;

  constructor(options: TomeClientOptions) {
    this.#options = options;
    this.#turnstile = new Turnstile(options.settings, options.clock, options.onBreaker);
    this.#retries = new RetryBudget(options.settings.retryRatio);
  }

  assertAdmits(namespace: Namespace, operation: Operation): void {
    this.#turnstile.assertAdmits(namespace, operation);
  }

  /**
   * TOME's definitive word, an answer as `read` gives it; `read` throws TomeAnswerInvalid for what the domain cannot use. Rejects with a TomeError that
   * counts the requests which may have arrived. Every operation but prefetch may be sent again: the same source and token give the same
   * answer. A prefetch answer that is lost has used its tokens up, so only one that was refused or found no connection is.
   */
  async call<Name extends Operation, Content>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
    call: TomeCall,
    read: (answer: Answer<Name>) => Content,
  ): Promise<Definitive<Content>> {
    const { settings, clock, random } = this.#options;
    let sent = 0;
    let gravest: TomeError | null = null;
    for (let attempt = 1; ; attempt += 1) {
      const turn = await this.#turnstile.turn(namespace, operation, call).catch((refusal: unknown) => {
        throw gravest === null ? refusal : withAttempts(gravest, sent);
      });
      if (attempt === 1) this.#retries.earn();
      let failure: TomeError;
      try {
        const verdict = await this.#attempt(namespace, operation, body, call, turn, read);
        return { verdict, attempts: sent + 1 };
      } catch (error) {
        if (!(error instanceof TomeError)) throw error;
        failure = error;
      }
      sent += failure.attempts;
      gravest = graverFailure(gravest, failure);
      const isRefused = failure instanceof TomeRateLimited;
      const retryAfterMs = isRefused ? failure.retryAfterSeconds * 1_000 : 0;
      if (isRefused) this.#turnstile.slowDown(operation, call.lane, retryAfterMs);
      const mayRepeat = operation !== 'prefetch' || isRefused || failure.attempts === 0;
      const delayMs = retryDelayMs(attempt, settings, random, retryAfterMs);
      const isInTime = clock.monotonicMs() + delayMs < call.deadlineMs;
      if (!mayRepeat || attempt >= settings.maxAttempts || !isInTime || !this.#retries.spend()) {
        throw withAttempts(gravest, sent);
      }
      await clock.sleep(delayMs);
    }
  }

  async #attempt<Name extends Operation, Content>(
    namespace: Namespace,
    operation: Name,
    body: RequestBody<Name>,
    { lane, correlationId }: TomeCall,
    { admission, startedMs, timeoutMs }: Turn,
    read: (answer: Answer<Name>) => Content,
  ): Promise<Verdict<Content>> {
    const { settings, clock, onCall } = this.#options;
    let outcome = 'unexpected';
    try {
      const said = await exchange(settings.baseUrl, { namespace, operation, body, lane, correlationId, timeoutMs });
      const verdict = said.status === 200 ? { status: said.status, answer: read(said.answer) } : said;
      admission.succeed();
      outcome = verdict.status === 200 ? 'ok' : verdict.refusal.error;
      return verdict;
    } catch (error) {
      if (error instanceof TomeError) outcome = error.code;
      this.#judge(error, admission, timeoutMs);
      throw error;
    } finally {
      onCall?.({ namespace, operation, lane, outcome, durationMs: clock.monotonicMs() - startedMs, correlationId });
    }
  }

  #judge(error: unknown, admission: Admission, timeoutMs: number): void {
    const wasCutShort =
      error instanceof AttemptTimedOut &&
      timeoutMs < this.#options.settings.attemptTimeoutMs * TELLING_SHARE_OF_TIMEOUT;
    // A 429 is TOME at work, and no sign that it is down.
    if (error instanceof TomeRateLimited) admission.succeed();
    else if (error instanceof TomeError && !wasCutShort) admission.fail();
    else admission.abandon();
  }
}
