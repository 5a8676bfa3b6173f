import { ensureReference } from './bound-token.ts';
import type { CardNumber } from './card-number.ts';
import { TomeAnswerInvalid, TomeError, TomeOutcomeUnknown, TomeTokenTaken } from './errors/tome-error.ts';
import type { InternalToken } from './internal-token.ts';
import type { IdempotencyClaim, Reservation } from './ports/pair-store.ts';
import type { TokenizeAnswer } from './ports/tome.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';

export interface HeldCreation {
  readonly reservation: Reservation;
  /** An earlier request may have sent this pair to NS1 already. */
  readonly resumed: boolean;
  readonly cardNumber: CardNumber;
  readonly claim: IdempotencyClaim | null;
}

/**
 * Takes a reserved pair to its end (brief 2, rules 1, 3 and 5): binds the card number to its internal token on NS1 and marks it USED, or
 * learns that the card has another token and answers with that one's reference. When NS1's word cannot be had the pair stays RESERVED,
 * which means "possibly bound": nobody else will ever be offered it.
 */
export async function finishReservation(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
): Promise<CreatedCard> {
  const { tome } = dependencies;
  const { reservation, cardNumber } = held;
  let answer: TokenizeAnswer<InternalToken>;
  try {
    answer = await tome.ns1.tokenize(cardNumber, reservation.internalToken, liveCall(context));
  } catch (error) {
    if (!(error instanceof TomeError)) throw error;
    if (error.attempts === 0 && !held.resumed) {
      await dependencies.store.release(reservation, 'not-dispatched', held.claim);
      dependencies.report('reservation-released', context);
      throw error;
    }
    if (error instanceof TomeTokenTaken) await dependencies.store.quarantineReservation(reservation, 'conflict');
    if (!(error instanceof TomeOutcomeUnknown) && !(error instanceof TomeAnswerInvalid)) throw error;
    dependencies.report('outcome-unknown', context, error);
    return settleUnknown(dependencies, held, context, error);
  }
  if (answer.token === reservation.internalToken) return markUsed(dependencies, held, context);
  return answerWithOtherToken(
    dependencies,
    held,
    context,
    await confirmOtherToken(dependencies, held, context, answer),
  );
}

async function markUsed(
  dependencies: PooledDependencies,
  { reservation }: HeldCreation,
  context: RequestContext,
): Promise<CreatedCard> {
  await dependencies.store.markUsed(reservation);
  dependencies.report('card-created', context);
  return { cardReference: reservation.cardReference, created: true };
}

/**
 * Rule 3, after the retries: ours -> USED; another -> that mapping, and ours is settled; none -> the error stands, never a second pair. Another
 * token is believed only when it is named twice, for answering with a stranger's reference would disclose a card.
 */
async function settleUnknown(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  error: TomeError,
): Promise<CreatedCard> {
  const lookUp = (): Promise<InternalToken | null> =>
    dependencies.tome.ns1.lookup(held.cardNumber, liveCall(context)).catch((cause: unknown) => {
      if (cause instanceof TomeError) throw error;
      throw cause;
    });
  const bound = await lookUp();
  if (bound === null) throw error;
  if (bound === held.reservation.internalToken) return markUsed(dependencies, held, context);
  if ((await lookUp()) !== bound) throw error;
  return answerWithOtherToken(dependencies, held, context, { token: bound, pairIsFree: false });
}

interface OtherToken {
  readonly token: InternalToken;
  /** Exactly one attempt was ever sent with our pair and NS1 refused it: it can go back to the pool (brief 2, edge table). */
  readonly pairIsFree: boolean;
}

/**
 * NS1 answered with another token: "already tokenized" (rule 3). Because answering with a stranger's reference would disclose a
 * card, the claim is confirmed by asking for the card's token before it is believed.
 */
async function confirmOtherToken(
  { tome }: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  answer: TokenizeAnswer<InternalToken>,
): Promise<OtherToken> {
  const bound = await tome.ns1.lookup(held.cardNumber, liveCall(context));
  if (bound !== answer.token && bound !== held.reservation.internalToken) {
    throw new TomeAnswerInvalid('NS1 names different tokens for one card.', { attempts: answer.attempts });
  }
  return { token: bound, pairIsFree: answer.attempts === 1 && !held.resumed };
}

async function answerWithOtherToken(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  other: OtherToken,
): Promise<CreatedCard> {
  const { store, report } = dependencies;
  if (other.token === held.reservation.internalToken) return markUsed(dependencies, held, context);
  report('card-already-bound', context);
  const isGivenBack = other.pairIsFree && (await store.release(held.reservation, 'card-already-bound', held.claim));
  if (!isGivenBack) await store.quarantineReservation(held.reservation, 'card-already-bound');
  report(isGivenBack ? 'reservation-released' : 'reservation-quarantined', context);
  const card = await ensureReference(dependencies, other.token, context);
  if (held.claim !== null) await store.resolveClaim(held.claim, card);
  return card;
}
