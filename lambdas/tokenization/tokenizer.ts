import type { Caller, RequestOrigin } from './callers/caller.ts';
import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import type { CallerBudget } from './ports/budget-ledger.ts';

/** What each request carries beside its arguments. */
export interface RequestContext {
  /** Monotonic time (ms, of the injected clock) until which the caller waits. */
  readonly deadlineMs: number;
  readonly correlationId: string;
  /** Owns its Idempotency-Keys and budgets, and is named in the audit record. */
  readonly caller: Caller;
  /** For the audit record. */
  readonly origin: RequestOrigin;
  /** The budget that must not be spent when the database answers a read. */
  readonly budget?: CallerBudget;
}

export interface CreatedCard {
  readonly cardReference: CardReference;
  /** False when the card number had this reference already. */
  readonly created: boolean;
  /** Whether an earlier request with the same Idempotency-Key made this answer. */
  readonly isReplay?: true;
}

/**
 * Card number to reference, and back (docs/design.md#the-three-ways-to-tokenize). The pooled and
 * the direct implementation give the same answers. All methods reject with a TokenizationError.
 */
export interface Tokenizer {
  create(cardNumber: CardNumber, context: RequestContext, idempotencyKey?: string): Promise<CreatedCard>;
  /** Rejects with CardNotFound. */
  lookup(cardNumber: CardNumber, context: RequestContext): Promise<CardReference>;
  lookupOrTokenize(cardNumber: CardNumber, context: RequestContext): Promise<CreatedCard>;
  /** Rejects with ReferenceNotFound. Writes one audit record for each disclosed number. */
  detokenize(reference: CardReference, context: RequestContext): Promise<CardNumber>;
}
