import type { CardNumber } from './model/card-number.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { RequestContext } from './tokenizer.ts';
import { type DirectDependencies, liveCall } from './tokenizer-dependencies.ts';
import { TomeAnswerInvalid } from './tome-errors.ts';

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

const contradiction = (): TomeAnswerInvalid =>
  new TomeAnswerInvalid('NS1 names different tokens for one source.', { attempts: 1 });
