import type { Caller, RequestOrigin } from './callers/caller.ts';
import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import type { CallerBudget } from './ports/budget-ledger.ts';

/** What every request carries through the code beside its arguments. */
export interface RequestContext {
  /** Monotonic time (ms, of the injected clock) at which the caller stops waiting. */
  readonly deadlineMs: number;
  readonly correlationId: string;
  /** Who asks. Owns the Idempotency-Keys that it sends, and is named in the audit record. */
  readonly caller: Caller;
  /** For the audit record. */
  readonly origin: RequestOrigin;
  /** What must not be spent when a read of the store answers this request. */
  readonly budget?: CallerBudget;
}

export interface CreatedCard {
  readonly cardReference: CardReference;
  /** False when this card number already had the reference. */
  readonly created: boolean;
  /** Whether this is the answer of an earlier request with the same Idempotency-Key. */
  readonly isReplay?: true;
}

/**
 * Dual-namespace tokenization (brief 1, A1-A4): card number to external reference and back. Served by the pool with one TOME call an
 * operation, or directly with two; callers cannot tell except by the clock.
 * All methods reject with a TokenizationError.
 */
export interface Tokenizer {
  create(cardNumber: CardNumber, context: RequestContext, idempotencyKey?: string): Promise<CreatedCard>;
  /** Rejects with CardNotFound. */
  lookup(cardNumber: CardNumber, context: RequestContext): Promise<CardReference>;
  lookupOrTokenize(cardNumber: CardNumber, context: RequestContext): Promise<CreatedCard>;
  /** Rejects with ReferenceNotFound. Leaves one audit record for each number disclosed (I14). */
  detokenize(reference: CardReference, context: RequestContext): Promise<CardNumber>;
}
