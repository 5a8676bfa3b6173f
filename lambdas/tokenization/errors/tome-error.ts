import { TokenizationError } from './tokenization-error.ts';

/** A call to TOME that did not give a usable answer. */
export abstract class TomeError extends TokenizationError {
  readonly retryable: boolean = true;
  override readonly retryAfterSeconds: number;
  /** Requests that may have reached TOME: 0 means that certainly nothing was sent. */
  readonly attempts: number;

  constructor(message: string, details: { attempts: number; retryAfterSeconds?: number; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.attempts = details.attempts;
    this.retryAfterSeconds = details.retryAfterSeconds ?? 1;
  }
}

/** Nothing was sent: the breaker is open, no time is left, or no connection came about. */
export class TomeUnavailable extends TomeError {
  override readonly name = 'TomeUnavailable';
  readonly code = 'tome-unavailable';
}

/**
 * Sent, and no usable answer: timeout, reset, 5xx. What was asked may have happened, or may yet
 * happen.
 */
export class TomeOutcomeUnknown extends TomeError {
  override readonly name = 'TomeOutcomeUnknown';
  readonly code = 'tome-outcome-unknown';
}

/**
 * The last attempt was answered with 429, by TOME or by something before it; or TOME's Retry-After
 * still runs (no attempts).
 */
export class TomeRateLimited extends TomeError {
  override readonly name = 'TomeRateLimited';
  readonly code = 'tome-rate-limited';
}

/** TOME answered outside its contract: not JSON, a wrong shape, or somebody else's answer. */
export class TomeAnswerInvalid extends TomeError {
  override readonly name = 'TomeAnswerInvalid';
  readonly code = 'tome-answer-invalid';
}

/**
 * Something before TOME answered: a redirect, a proxy's page, an empty answer. It is no answer of
 * TOME, and neither proof that the request reached TOME nor proof that it did not.
 */
export class TomeGatewayAnswered extends TomeError {
  override readonly name = 'TomeGatewayAnswered';
  readonly code = 'tome-gateway-answered';
}

/**
 * 401, 403 or 407, whoever said it: credentials or rules are wrong. Not the fault of what was
 * asked.
 */
export class TomeAccessDenied extends TomeError {
  override readonly name = 'TomeAccessDenied';
  readonly code = 'tome-access-denied';
}

/**
 * Definitive: the token asked for is bound to another source. Nothing was bound by this call, and
 * sending it again will not help.
 */
export class TomeTokenTaken extends TomeError {
  override readonly name = 'TomeTokenTaken';
  readonly code = 'tome-token-taken';
}

/** No share of TOME's rate was to be had before the deadline. Nothing was sent. */
export class TomeBudgetSpent extends TomeError {
  override readonly name = 'TomeBudgetSpent';
  readonly code = 'tome-budget-spent';
}
