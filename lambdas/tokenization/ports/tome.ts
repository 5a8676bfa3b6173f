import type { CardNumber } from '../model/card-number.ts';
import type { CardReference } from '../model/card-reference.ts';
import type { InternalToken } from '../model/internal-token.ts';

/** What one call to TOME carries beside its arguments. */
export interface TomeCall {
  /**
   * Monotonic time (ms, of the injected clock) after which the answer is of no use. Retries
   * included.
   */
  readonly deadlineMs: number;
  /**
   * `live`: a person waits. `batch`: paced by the batch budget, so that it never starves live
   * traffic (P3).
   */
  readonly lane: 'live' | 'batch';
  readonly correlationId: string;
}

/** TOME's word on a tokenize call. */
export interface TokenizeAnswer<Token> {
  /**
   * The token bound to the source now, as TOME says: the one asked for, or another that was there
   * before.
   */
  readonly token: Token;
  readonly isNew: boolean;
  /**
   * Requests that left this process, this one included. Above 1, an earlier one may still be on its
   * way (brief 2, edge RESERVED -> AVAILABLE).
   */
  readonly attempts: number;
}

export interface UnassignedToken<Token> {
  readonly token: Token;
  /** When TOME may reissue it, if it ever does. */
  readonly expiresAt: Date | null;
}

/** An entry of a prefetch answer that is no token of the namespace. */
export interface OddToken {
  /** Its text, or `null` when it has none or must not be stored: it could be a card number. */
  readonly kept: string | null;
  readonly fault: 'token-format' | 'card-number' | 'expiry-format';
}

export interface PrefetchAnswer<Token> {
  readonly tokens: readonly UnassignedToken<Token>[];
  readonly odd: readonly OddToken[];
}

/** `odd`: TOME's word about this item cannot be read as one of the namespace's tokens. */
export type BulkTokenizeResult<Token> =
  | { readonly outcome: 'bound'; readonly token: Token }
  | { readonly outcome: 'failed' | 'odd' };

export type TomeOperation = 'prefetch' | 'tokenize' | 'detokenize' | 'lookup' | 'bulk-tokenize';

/**
 * One namespace of TOME (brief 3). Every method rejects with a TomeError
 * (`../tome-errors.ts`), which says how many requests may have reached TOME, or with a
 * LastingAnswer (`../tome-errors.ts`), which is about the one item that was asked for.
 */
export interface TomeNamespace<Source, Token> {
  /**
   * Asks for `count` (1-5,000) unassigned tokens; TOME may give fewer. Never retried once sent:
   * each answer uses tokens up.
   */
  prefetch(count: number, call: TomeCall): Promise<PrefetchAnswer<Token>>;
  /**
   * Binds `source` to `token`, or to one that TOME picks when there is none. The answer's token may
   * be another than asked.
   */
  tokenize(source: Source, token: Token | null, call: TomeCall): Promise<TokenizeAnswer<Token>>;
  /** One result per item, in order; `null` when TOME has no such operation. */
  bulkTokenize(
    items: readonly { readonly source: Source; readonly token: Token }[],
    call: TomeCall,
  ): Promise<readonly BulkTokenizeResult<Token>[] | null>;
  /** The source behind a token, or `null` when there is none. */
  detokenize(token: Token, call: TomeCall): Promise<Source | null>;
  /** The token of a source, or `null` when there is none. */
  lookup(source: Source, call: TomeCall): Promise<Token | null>;
  /**
   * Throws the TomeError of no attempts that a call would be refused with now: the breaker is open,
   * TOME's Retry-After still runs, or no share of its rate is left before the deadline. Sends
   * nothing and claims nothing.
   */
  assertAdmits(operation: TomeOperation, call: TomeCall): void;
}

export interface Tome {
  /** NS1: card number -> internal token. */
  readonly ns1: TomeNamespace<CardNumber, InternalToken>;
  /** NS2: internal token -> external reference. */
  readonly ns2: TomeNamespace<InternalToken, CardReference>;
}
