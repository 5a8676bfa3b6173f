import { ensureReference } from './bound-token.ts';
import { agreedToken } from './confirm-token.ts';
import { ReservationLost } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { IdempotencyClaim, Reservation } from './ports/pair-store.ts';
import type { TokenizeAnswer } from './ports/tome.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';
import {
  InternalTokenUnacceptable,
  LastingAnswer,
  TomeAnswerInvalid,
  TomeError,
  TomeRateLimited,
  TomeRequestRefused,
  TomeTokenTaken,
} from './tome-errors.ts';

export interface HeldCreation {
  readonly reservation: Reservation;
  /** An earlier request may have sent this pair to NS1 already. */
  readonly resumed: boolean;
  readonly cardNumber: CardNumber;
  readonly claim: IdempotencyClaim | null;
}

/**
 * Binds the card number to a reserved pair's internal token on NS1 and marks the pair USED, or learns
 * that the card has another token and answers with that token's reference. While NS1's answer cannot
 * be had the pair stays RESERVED, which means "possibly bound": no other request is offered it.
 *
 * Every answer is proven to be this card's: NS1 bound the card in this request, or named its token
 * twice. One answer is not enough where the token was bound before, because TOME may have handed the
 * pair's token out twice, and the pair may have been used for another card since it was reserved.
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
    if (error.attempts === 0 || error instanceof TomeRateLimited || error instanceof TomeTokenTaken) throw error;
    if (error instanceof InternalTokenUnacceptable) return refuseOddToken(dependencies, held, context, error);
    if (error instanceof TomeRequestRefused) return refuseRequest(dependencies, held, context, error);
    dependencies.report('outcome-unknown', context, error);
    return settleUnknown(dependencies, held, context, error);
  }
  if (answer.token === reservation.internalToken && answer.isNew) return markUsed(dependencies, held, context);
  return answerWithToken(dependencies, held, context, await confirmStandingToken(dependencies, held, context, answer));
}

async function markUsed(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
): Promise<CreatedCard> {
  const { reservation, claim } = held;
  try {
    await dependencies.store.markUsed(reservation, claim);
  } catch (error) {
    if (!(error instanceof ReservationLost)) throw error;
    return answerWithoutReservation(dependencies, held, context, error);
  }
  dependencies.report('card-created', context);
  return { cardReference: reservation.cardReference, created: true };
}

/**
 * The pair left the reservation while NS1 was asked: a read adopted it, or it was quarantined. Whether
 * it is still this card's is for NS1 to say, twice.
 */
async function answerWithoutReservation(
  dependencies: PooledDependencies,
  { cardNumber, claim }: HeldCreation,
  context: RequestContext,
  lost: ReservationLost,
): Promise<CreatedCard> {
  const token = await agreedToken(dependencies, cardNumber, context);
  if (token === null) throw lost;
  return answerWithStandingReference(dependencies, token, claim, context);
}

/**
 * After an unknown outcome and its retries. Ours -> USED; another -> that one's reference, and ours is
 * settled; none -> the error stands, and no second pair is tried. A token is believed only when NS1
 * names it twice.
 */
async function settleUnknown(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  error: TomeError,
): Promise<CreatedCard> {
  const lookUp = (): Promise<InternalToken | null> =>
    dependencies.tome.ns1.lookup(held.cardNumber, liveCall(context)).catch((cause: unknown) => {
      if (cause instanceof TomeError && !(cause instanceof LastingAnswer)) throw error;
      throw cause;
    });
  const bound = await lookUp();
  if (bound === null) throw error;
  if ((await lookUp()) !== bound) throw error;
  return answerWithToken(dependencies, held, context, { token: bound, pairIsFree: false });
}

/**
 * NS1 says that the card has a token already, and one that no pair can hold. Believed when NS1 says so twice; then our pair was
 * refused and goes back to the pool, or each request for this card would cost one. The answer is the same for as long as NS1's is.
 */
async function refuseOddToken(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  refusal: InternalTokenUnacceptable,
): Promise<CreatedCard> {
  const doubt = new TomeAnswerInvalid('NS1 names different tokens for one card.', { attempts: refusal.attempts });
  try {
    return await settleUnknown(dependencies, held, context, doubt);
  } catch (error) {
    if (error instanceof InternalTokenUnacceptable) {
      await giveUp(dependencies, held, context, refusal.attempts === 1 && !held.resumed);
    }
    throw error;
  }
}

/**
 * NS1 refused the request. When it refuses to look the card up as well, that is its lasting word about the card; otherwise it was
 * the pair's token that it does not accept: the pair is taken out of use, and the caller's next try gets another one.
 */
async function refuseRequest(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  { attempts }: TomeRequestRefused,
): Promise<CreatedCard> {
  const doubt = new TomeAnswerInvalid('NS1 refused the token of the reserved pair.', { attempts });
  try {
    return await settleUnknown(dependencies, held, context, doubt);
  } catch (error) {
    if (error === doubt) await dependencies.store.quarantineReservation(held.reservation, 'conflict');
    throw error;
  }
}

interface StandingToken {
  readonly token: InternalToken;
  /** Exactly one attempt was ever sent with our pair and NS1 refused it: it can go back to the pool. */
  readonly pairIsFree: boolean;
}

/**
 * NS1 says that the card was bound before: to another token, or to ours, which an earlier request of
 * the same key may have sent. The token is believed when NS1 names it twice in a row.
 */
async function confirmStandingToken(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  answer: TokenizeAnswer<InternalToken>,
): Promise<StandingToken> {
  const token = await agreedToken(dependencies, held.cardNumber, context, answer.token);
  if (token === null) {
    throw new TomeAnswerInvalid('NS1 forgets the token that it named.', { attempts: answer.attempts });
  }
  const isConfirmed = token === answer.token;
  return { token, pairIsFree: isConfirmed && answer.attempts === 1 && !held.resumed };
}

async function answerWithToken(
  dependencies: PooledDependencies,
  held: HeldCreation,
  context: RequestContext,
  standing: StandingToken,
): Promise<CreatedCard> {
  const { report } = dependencies;
  if (standing.token === held.reservation.internalToken) return markUsed(dependencies, held, context);
  report('card-already-bound', context);
  await giveUp(dependencies, held, context, standing.pairIsFree);
  return answerWithStandingReference(dependencies, standing.token, held.claim, context);
}

async function answerWithStandingReference(
  dependencies: PooledDependencies,
  token: InternalToken,
  claim: IdempotencyClaim | null,
  context: RequestContext,
): Promise<CreatedCard> {
  const card = await ensureReference(dependencies, token, context);
  if (claim !== null) await dependencies.store.completeIdempotencyKey(claim, card);
  return card;
}

/** The card has another token: the pair goes back to the pool where it is certain that nothing is on its way, or out of use. */
async function giveUp(
  { store, report }: PooledDependencies,
  { reservation, claim }: HeldCreation,
  context: RequestContext,
  pairIsFree: boolean,
): Promise<void> {
  const isGivenBack = pairIsFree && (await store.release(reservation, 'card-already-bound', claim));
  if (!isGivenBack) await store.quarantineReservation(reservation, 'card-already-bound');
  report(isGivenBack ? 'reservation-released' : 'reservation-quarantined', context);
}
