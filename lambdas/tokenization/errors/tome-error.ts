import { TokenizationError } from './tokenization-error.ts';

/** A call to TOME that did not give a usable answer. */
export abstract class TomeError extends TokenizationError {
  readonly retryable = true;
  override readonly retryAfterSeconds: number;
  /** Requests that may have reached TOME: 0 means that certainly nothing was sent. */
  readonly attempts: number;

  constructor(message: string, details: { attempts: number; retryAfterSeconds?: number; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.attempts = details.attempts;
    this.retryAfterSeconds = details.retryAfterSeconds ?? 1;
  }
}

/** Refused here before anything was sent: the breaker is open, or no time is left. */
export class TomeUnavailable extends TomeError {
  override readonly name = 'TomeUnavailable';
  readonly code = 'tome-unavailable';
}

/** Sent, and no usable answer: timeout, reset, 5xx. What was asked may have happened, or may yet happen. */
export class TomeOutcomeUnknown extends TomeError {
  override readonly name = 'TomeOutcomeUnknown';
  readonly code = 'tome-outcome-unknown';
}

/** TOME said 429 to the last attempt. */
export class TomeRateLimited extends TomeError {
  override readonly name = 'TomeRateLimited';
  readonly code = 'tome-rate-limited';
}

/** TOME answered outside its contract: not JSON, a wrong shape, somebody else's answer, or a 4xx that blames our request. */
export class TomeAnswerInvalid extends TomeError {
  override readonly name = 'TomeAnswerInvalid';
  readonly code = 'tome-answer-invalid';
}

/** Definitive: the token asked for is bound to another source. Nothing was bound by this call, and sending it again will not help. */
export class TomeTokenTaken extends TomeError {
  override readonly name = 'TomeTokenTaken';
  readonly code = 'tome-token-taken';
}

/** No share of TOME's rate was to be had before the deadline. Nothing was sent. */
export class TomeBudgetSpent extends TomeError {
  override readonly name = 'TomeBudgetSpent';
  readonly code = 'tome-budget-spent';
}
