import { TokenizationError } from './errors.ts';

/** A call to TOME that gave no usable answer. */
export abstract class TomeError extends TokenizationError {
  readonly retryable: boolean = true;
  override readonly retryAfterSeconds: number;
  /** Requests that may have reached TOME. 0 means that certainly nothing was sent. */
  readonly attempts: number;

  constructor(message: string, details: { attempts: number; retryAfterSeconds?: number; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.attempts = details.attempts;
    this.retryAfterSeconds = details.retryAfterSeconds ?? 1;
  }
}

/** Nothing was sent: the breaker is open, the deadline has passed, or there is no connection. */
export class TomeUnavailable extends TomeError {
  override readonly name = 'TomeUnavailable';
  readonly code = 'tome-unavailable';
}

/**
 * The request was sent and has no usable answer: timeout, reset or 5xx. Its effect may exist, or
 * may still come.
 */
export class TomeOutcomeUnknown extends TomeError {
  override readonly name = 'TomeOutcomeUnknown';
  readonly code = 'tome-outcome-unknown';
}

/**
 * TOME, or a gateway in front of it, answered the last attempt with 429. With no attempts: an
 * earlier Retry-After has not passed yet.
 */
export class TomeRateLimited extends TomeError {
  override readonly name = 'TomeRateLimited';
  readonly code = 'tome-rate-limited';
}

/** TOME's answer breaks its contract: not JSON, a wrong shape, or the id of another request. */
export class TomeAnswerInvalid extends TomeError {
  override readonly name = 'TomeAnswerInvalid';
  readonly code = 'tome-answer-invalid';
}

/**
 * Something in front of TOME answered: a redirect, a proxy's page, an empty answer. It does not
 * prove whether the request reached TOME.
 */
export class TomeGatewayAnswered extends TomeError {
  override readonly name = 'TomeGatewayAnswered';
  readonly code = 'tome-gateway-answered';
}

/** 401, 403 or 407, from TOME or a gateway: credentials or rules are wrong, not the item. */
export class TomeAccessDenied extends TomeError {
  override readonly name = 'TomeAccessDenied';
  readonly code = 'tome-access-denied';
}

/** The requested token is bound to another source. This call bound nothing; a retry cannot help. */
export class TomeTokenTaken extends TomeError {
  override readonly name = 'TomeTokenTaken';
  readonly code = 'tome-token-taken';
}

/** The rate limiter has no slot before the deadline. Nothing was sent. */
export class TomeBudgetSpent extends TomeError {
  override readonly name = 'TomeBudgetSpent';
  readonly code = 'tome-budget-spent';
}

/**
 * TOME works and has answered about one card, token or reference; the same request gets the same
 * answer. So it is not retried and opens no breaker.
 */
export abstract class LastingAnswer extends TomeError {
  override readonly retryable = false;
}

/**
 * With UNACCEPTABLE_REFERENCES=refuse: NS2 offered no reference that may be bound. This request
 * bound none, and a later one is offered others.
 */
export class NoReferenceOffered extends TomeError {
  override readonly name = 'NoReferenceOffered';
  readonly code = 'no-reference-offered';
}

/**
 * NS2 named a reference that must never be returned: not 16 digits, or the card's own number or
 * internal token.
 */
export class ReferenceUnacceptable extends LastingAnswer {
  override readonly name = 'ReferenceUnacceptable';
  readonly code = 'reference-unacceptable';

  constructor(message = 'TOME gave no reference that can be accepted.', details = { attempts: 1 }) {
    super(message, details);
  }
}

/** TOME named an internal token that no pair can contain. */
export class InternalTokenUnacceptable extends LastingAnswer {
  override readonly name = 'InternalTokenUnacceptable';
  readonly code = 'internal-token-unacceptable';

  constructor(message = 'TOME gave an internal token that cannot be accepted.', details = { attempts: 1 }) {
    super(message, details);
  }
}

/** NS1 stores for this reference a value of another producer that is no acceptable card number. */
export class StoredCardUnacceptable extends LastingAnswer {
  override readonly name = 'StoredCardUnacceptable';
  readonly code = 'stored-card-unacceptable';

  constructor(message = 'TOME stores no acceptable card number for this reference.', details = { attempts: 1 }) {
    super(message, details);
  }
}

/** TOME refused the request with 400 `bad-request`. It bound nothing. */
export class TomeRequestRefused extends LastingAnswer {
  override readonly name = 'TomeRequestRefused';
  readonly code = 'tome-request-refused';

  constructor(message = 'TOME does not accept this card number, token or reference.', details = { attempts: 1 }) {
    super(message, details);
  }
}
