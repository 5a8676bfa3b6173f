/**
 * The base of every expected failure. Callers may depend on `code` only, which never changes. The
 * message is logged and returned, so it never contains a card number or an internal token.
 * `runtime/http/problem.ts` maps each code to an HTTP status.
 */
export abstract class TokenizationError extends Error {
  abstract override readonly name: string;
  abstract readonly code: string;
  /** Whether the same request can succeed later. */
  abstract readonly retryable: boolean;
  /** When to try again, in whole seconds; only on retryable errors. */
  readonly retryAfterSeconds: number | null = null;
}

/** The message names the field and what is accepted, and never the value. */
export class InvalidInput extends TokenizationError {
  override readonly name = 'InvalidInput';
  readonly code = 'invalid-input';
  readonly retryable = false;
  readonly field: string;

  constructor(field: string, expectation: string) {
    super(`${field} ${expectation}`);
    this.field = field;
  }
}

/** Without a caller there is no audit record, no budget and no owner of an Idempotency-Key. */
export class CallerUnknown extends TokenizationError {
  override readonly name = 'CallerUnknown';
  readonly code = 'caller-unknown';
  readonly retryable = false;

  constructor() {
    super('The request names no caller. Sign it, and send it through the API.');
  }
}

/** One process received more requests from this caller than its limit. Nothing was done. */
export class CallerThrottled extends TokenizationError {
  override readonly name = 'CallerThrottled';
  readonly code = 'caller-throttled';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('This caller sends too many requests. Send fewer at once.');
  }
}

/** The answer would have helped to guess a card number, and the caller's budget is spent. */
export class CallerBudgetSpent extends TokenizationError {
  override readonly name = 'CallerBudgetSpent';
  readonly code = 'caller-budget-spent';
  readonly retryable = true;
  override readonly retryAfterSeconds: number;

  constructor(waitSeconds: number) {
    super(
      'This caller asked too often for cards or references that do not exist, or created existing cards too often.',
    );
    this.retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
  }
}

/** The request's deadline had passed before the work began. Nothing was done. */
export class OutOfTime extends TokenizationError {
  override readonly name = 'OutOfTime';
  readonly code = 'out-of-time';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('No time was left to begin this request.');
  }
}

export class CardNotFound extends TokenizationError {
  override readonly name = 'CardNotFound';
  readonly code = 'card-not-found';
  readonly retryable = false;

  constructor() {
    super('This card number has no reference.');
  }
}

export class ReferenceNotFound extends TokenizationError {
  override readonly name = 'ReferenceNotFound';
  readonly code = 'reference-not-found';
  readonly retryable = false;

  constructor() {
    super('No card has this reference.');
  }
}

export class IdempotencyInProgress extends TokenizationError {
  override readonly name = 'IdempotencyInProgress';
  readonly code = 'idempotency-in-progress';
  readonly retryable = true;
  override readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('A request with this Idempotency-Key is in progress.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class IdempotencyConflict extends TokenizationError {
  override readonly name = 'IdempotencyConflict';
  readonly code = 'idempotency-conflict';
  readonly retryable = false;

  constructor() {
    super('This Idempotency-Key was used with another body.');
  }
}

/** The pool is empty, and the direct path has used its budget (docs/design.md#the-empty-pool). */
export class PoolEmpty extends TokenizationError {
  override readonly name = 'PoolEmpty';
  readonly code = 'pool-empty';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('The pool is empty and the direct path is at its limit.');
  }
}

/** The pair left this reservation before it could be marked as used. */
export class ReservationLost extends TokenizationError {
  override readonly name = 'ReservationLost';
  readonly code = 'reservation-lost';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('The reservation does not own its pair any more.');
  }
}

/** TOME names a pair, and a stored row has one half of it with another other half. */
export class PairConflict extends TokenizationError {
  override readonly name = 'PairConflict';
  readonly code = 'pair-conflict';
  readonly retryable = false;

  constructor() {
    super('TOME and the database disagree about a pair.');
  }
}

/**
 * The database gives no answer, or refuses for one of the reasons in docs/database-conditions.md.
 */
export class StoreUnavailable extends TokenizationError {
  override readonly name = 'StoreUnavailable';
  readonly code = 'store-unavailable';
  readonly retryable = true;
  override readonly retryAfterSeconds: number;

  constructor(cause: unknown, retryAfterSeconds = 2) {
    super('The database is not available.', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Another run has taken the lease of this job. What this run stored is kept. */
export class LeaseLost extends TokenizationError {
  override readonly name = 'LeaseLost';
  readonly code = 'lease-lost';
  readonly retryable = false;

  constructor() {
    super('Another run of this job has taken over.');
  }
}

/** The message contains the queue's error codes, which name the cause and nothing of an event. */
export class EventsRefused extends TokenizationError {
  override readonly name = 'EventsRefused';
  readonly code = 'events-refused';
  readonly retryable = true;

  constructor(refusals: readonly { readonly code: string }[]) {
    const codes = [...new Set(refusals.map(({ code }) => code))];
    super(`The queue refused every event: ${codes.join(', ')}.`);
  }
}
