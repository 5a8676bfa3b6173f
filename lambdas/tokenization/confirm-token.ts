import type { CardNumber } from './model/card-number.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { RequestContext } from './tokenizer.ts';
import { type DirectDependencies, liveCall } from './tokenizer-dependencies.ts';
import { TomeAnswerInvalid } from './tome-errors.ts';

type Dependencies = Pick<DirectDependencies, 'tome'>;

/** Look-ups at most before two in a row have to agree. */
const MOST_LOOKUPS = 3;

/**
 * Checks that NS1 names this token for this card. Used where one answer of NS1 would decide for ever
 * what a card is answered with: an answer that belongs to another card would disclose that card.
 * Rejects with TomeAnswerInvalid when NS1 names another token or none.
 */
export async function confirmToken(
  { tome }: Dependencies,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<void> {
  if ((await tome.ns1.lookup(cardNumber, liveCall(context))) !== internalToken) throw contradiction();
}

/**
 * The token that NS1 names for a card twice in a row, or `null` when it names none. `heard` is a token
 * that NS1 has named already. Rejects with TomeAnswerInvalid when the answers do not agree.
 */
export async function agreedToken(
  { tome }: Dependencies,
  cardNumber: CardNumber,
  context: RequestContext,
  heard?: InternalToken,
): Promise<InternalToken | null> {
  let previous: InternalToken | null | undefined = heard;
  for (let lookups = 0; lookups < MOST_LOOKUPS; lookups += 1) {
    const named = await tome.ns1.lookup(cardNumber, liveCall(context));
    if (named === previous) return named;
    previous = named;
  }
  throw contradiction();
}

const contradiction = (): TomeAnswerInvalid =>
  new TomeAnswerInvalid('NS1 names different tokens for one card.', { attempts: 1 });
