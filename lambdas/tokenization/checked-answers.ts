import type { CardNumber } from './model/card-number.ts';
import { type CardReference, mayHaveBeenGivenOut } from './model/card-reference.ts';
import type { InternalToken } from './model/internal-token.ts';
import { findFormatFault } from './model/reference-format.ts';
import type { RequestContext } from './tokenizer.ts';
import { type DirectDependencies, liveCall } from './tokenizer-dependencies.ts';
import { ReferenceUnacceptable, TomeAnswerInvalid } from './tome-errors.ts';

type Tome = Pick<DirectDependencies, 'tome'>;

/** The most lookups in which two in a row must agree. */
const MOST_LOOKUPS = 3;

/**
 * Rejects with TomeAnswerInvalid unless NS1 names this token for this card. Used before one answer
 * of NS1 is stored: an answer that belongs to another card would disclose that card.
 */
export async function confirmToken(
  { tome }: Tome,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<void> {
  if ((await tome.ns1.lookup(cardNumber, liveCall(context))) !== internalToken) throw contradiction();
}

/**
 * The token that NS1 names for a card twice in a row, or `null` when it names none. `firstAnswer`
 * is a token that NS1 has named already. Rejects with TomeAnswerInvalid when the answers differ.
 */
export async function agreedToken(
  { tome }: Tome,
  cardNumber: CardNumber,
  context: RequestContext,
  firstAnswer?: InternalToken,
): Promise<InternalToken | null> {
  let previous: InternalToken | null | undefined = firstAnswer;
  for (let lookups = 0; lookups < MOST_LOOKUPS; lookups += 1) {
    const answer = await tome.ns1.lookup(cardNumber, liveCall(context));
    if (answer === previous) return answer;
    previous = answer;
  }
  throw contradiction();
}

/**
 * The reference of an internal token; NS2 makes one if there is none. NS2 chooses it, so its form
 * is checked after it is bound: rejects with ReferenceUnacceptable. Can be repeated without harm.
 */
export async function bindReference(
  { tome, luhnPolicy }: Tome & Pick<DirectDependencies, 'luhnPolicy'>,
  internalToken: InternalToken,
  context: RequestContext,
): Promise<{ readonly cardReference: CardReference; readonly isNew: boolean }> {
  const { token: cardReference, isNew } = await tome.ns2.tokenize(internalToken, null, liveCall(context));
  const isAcceptable = isNew ? findFormatFault(cardReference, luhnPolicy) === null : mayHaveBeenGivenOut(cardReference);
  if (!isAcceptable) throw new ReferenceUnacceptable();
  return { cardReference, isNew };
}

/**
 * The reference that an internal token has on NS2, or `null`. It may have been returned under an
 * older version of the format and must stay readable (docs/design.md#i4). Rejects with
 * ReferenceUnacceptable when no version allows it.
 */
export async function findBoundReference(
  { tome }: Tome,
  internalToken: InternalToken,
  context: RequestContext,
): Promise<CardReference | null> {
  const cardReference = await tome.ns2.lookup(internalToken, liveCall(context));
  if (cardReference !== null && !mayHaveBeenGivenOut(cardReference)) throw new ReferenceUnacceptable();
  return cardReference;
}

const contradiction = (): TomeAnswerInvalid =>
  new TomeAnswerInvalid('NS1 names different tokens for one card.', { attempts: 1 });
