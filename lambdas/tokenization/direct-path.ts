import { mayHaveBeenGivenOut } from './model/card-reference.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { TokenPair } from './model/pair.ts';
import { findFormatFault, type LuhnPolicy } from './model/reference-format.ts';
import type { RequestContext } from './tokenizer.ts';
import { type DirectDependencies, liveCall } from './tokenizer-dependencies.ts';
import { ReferenceUnacceptable } from './tome-errors.ts';

/**
 * NS2's half of the direct path: the reference of an internal token, made if there was none. Idempotent at TOME. Rejects with
 * ReferenceUnacceptable, for NS2 picks the reference itself here and it was not checked before it was mapped (brief 3).
 */
export async function referenceFor(
  { tome, luhnPolicy }: Pick<DirectDependencies, 'tome' | 'luhnPolicy'>,
  internalToken: InternalToken,
  context: RequestContext,
): Promise<{ readonly pair: TokenPair; readonly isNew: boolean }> {
  const { token: cardReference, isNew } = await tome.ns2.tokenize(internalToken, null, liveCall(context));
  const pair = { internalToken, cardReference };
  return { pair: isNew ? newReference(pair, luhnPolicy) : existingReference(pair), isNew };
}

/** The reference that an internal token already has on NS2, or `null`. Rejects with ReferenceUnacceptable. */
export async function existingReferenceOf(
  { tome }: Pick<DirectDependencies, 'tome'>,
  internalToken: InternalToken,
  context: RequestContext,
): Promise<TokenPair | null> {
  const cardReference = await tome.ns2.lookup(internalToken, liveCall(context));
  return cardReference === null ? null : existingReference({ internalToken, cardReference });
}

function newReference(pair: TokenPair, luhnPolicy: LuhnPolicy): TokenPair {
  if (findFormatFault(pair.cardReference, luhnPolicy) !== null) throw new ReferenceUnacceptable();
  return pair;
}

/**
 * A reference that exists may have been given out under another Luhn policy or an older version of the
 * format, and must stay readable (invariant I4).
 */
function existingReference(pair: TokenPair): TokenPair {
  if (!mayHaveBeenGivenOut(pair.cardReference)) throw new ReferenceUnacceptable();
  return pair;
}
