import type { CardNumber } from '../model/card-number.ts';
import type { CardReference } from '../model/card-reference.ts';
import type { InternalToken } from '../model/internal-token.ts';

/** What one call to TOME carries beside its arguments. */
export interface TomeCall {
  /**
   * Monotonic time (ms, of the injected clock) until which the answer is of use, retries included.
   */
  readonly deadlineMs: number;
  /** `live`: a caller waits for the answer. `batch`: a job does, under a separate rate limit. */
  readonly lane: 'live' | 'batch';
  readonly correlationId: string;
}

export interface TokenizeAnswer<Token> {
  /**
   * The token that is bound to the source: the one in the request, or one that was bound before.
   */
  readonly token: Token;
  /** Whether this call bound it. */
  readonly isNew: boolean;
  /**
   * Requests that were sent, this one included. Above 1 an earlier one can still arrive at TOME.
   */
  readonly attempts: number;
}

export interface UnassignedToken<Token> {
  readonly token: Token;
  /** When TOME may issue it again; `null` if never. */
  readonly expiresAt: Date | null;
}

/** An entry of a prefetch answer that is not a token of the namespace. */
export interface UnusableToken {
  /** Its text; `null` when it has none, or could be a card number and must not be stored. */
  readonly kept: string | null;
  readonly fault: 'token-format' | 'card-number' | 'expiry-format';
}

export interface PrefetchAnswer<Token> {
  readonly tokens: readonly UnassignedToken<Token>[];
  readonly unusable: readonly UnusableToken[];
}

/** `unusable`: TOME's result for this item contains no token of the namespace. */
export type BulkTokenizeResult<Token> =
  | { readonly outcome: 'bound'; readonly token: Token }
  | { readonly outcome: 'failed' | 'unusable' };

export type TomeOperation = 'prefetch' | 'tokenize' | 'detokenize' | 'lookup' | 'bulk-tokenize';

/**
 * One namespace of TOME (docs/design.md#calling-tome). Every method rejects with a TomeError
 * (`../tome-errors.ts`). It counts the requests that may have reached TOME. A LastingAnswer is one
 * about the item.
 */
export interface TomeNamespace<Source, Token> {
  /**
   * Requests `count` (1 to 5,000) unassigned tokens. TOME can return fewer. Not repeated once it
   * was sent, because each answer uses tokens.
   */
  prefetch(count: number, call: TomeCall): Promise<PrefetchAnswer<Token>>;
  /** Binds `source` to `token`; `null` lets TOME choose. The answer can name another token. */
  tokenize(source: Source, token: Token | null, call: TomeCall): Promise<TokenizeAnswer<Token>>;
  /** One result for each item, in the same order; `null` when TOME does not have this operation. */
  bulkTokenize(
    items: readonly { readonly source: Source; readonly token: Token }[],
    call: TomeCall,
  ): Promise<readonly BulkTokenizeResult<Token>[] | null>;
  /** The source of a token, or `null` when there is none. */
  detokenize(token: Token, call: TomeCall): Promise<Source | null>;
  /** The token of a source, or `null` when there is none. */
  lookup(source: Source, call: TomeCall): Promise<Token | null>;
  /**
   * Throws the TomeError with which a call would be refused now: the breaker is open, Retry-After
   * has not passed, or the rate limiter has no slot before the deadline. Sends and reserves
   * nothing.
   */
  assertAdmits(operation: TomeOperation, call: TomeCall): void;
}

export interface Tome {
  /** Card number -> internal token. */
  readonly ns1: TomeNamespace<CardNumber, InternalToken>;
  /** Internal token -> card reference. */
  readonly ns2: TomeNamespace<InternalToken, CardReference>;
}
