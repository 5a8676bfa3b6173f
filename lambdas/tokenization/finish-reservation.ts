import { agreedToken } from './checked-answers.ts';
import { ReservationLost } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { IdempotencyClaim, Reservation } from './ports/pair-store.ts';
import type { TokenizeAnswer } from './ports/tome.ts';
import { isUnbound, releaseOrQuarantine } from './release-reservation.ts';
import { ensureReference } from './resolve-pair.ts';
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

/** A creation that has reserved a pair. */
export interface ReservedCreation {
  readonly reservation: Reservation;
  /** An earlier request may have sent this pair's token to NS1. */
  readonly resumed: boolean;
  readonly cardNumber: CardNumber;
  readonly claim: IdempotencyClaim | null;
}

/**
 * Binds the card number to the reserved internal token on NS1 and marks the pair as used, or learns
 * that the card has another token and returns that token's reference. While NS1 gives no usable
 * answer the pair stays RESERVED: its token may be bound, so no other request may get it.
 *
 * One answer is believed only when NS1 bound the card in this request. Every other token must be
 * named twice: TOME may have issued the token twice, and the pair may belong to another card since
 * (docs/design.md#an-uncertain-pair-is-never-offered-again).
 */
export async function finishReservation(
  dependencies: PooledDependencies,
  creation: ReservedCreation,
  context: RequestContext,
): Promise<CreatedCard> {
  const { tome, store, report } = dependencies;
  const { reservation, resumed, cardNumber, claim } = creation;
  let answer: TokenizeAnswer<InternalToken>;
  try {
    answer = await tome.ns1.tokenize(cardNumber, reservation.internalToken, liveCall(context));
  } catch (error) {
    if (!(error instanceof TomeError)) throw error;
    if (error.attempts === 0 && !resumed) {
      await store.release(reservation, 'not-dispatched', claim);
      report('reservation-released', context);
      throw error;
    }
    if (error instanceof TomeTokenTaken) await store.quarantineReservation(reservation, 'conflict');
    if (error.attempts === 0 || error instanceof TomeRateLimited || error instanceof TomeTokenTaken) throw error;
    if (error instanceof InternalTokenUnacceptable) return confirmUnusableToken(dependencies, creation, context, error);
    if (error instanceof TomeRequestRefused) return confirmRefusal(dependencies, creation, context, error);
    report('outcome-unknown', context, error);
    return settleUnknown(dependencies, creation, context, error);
  }
  if (answer.token === reservation.internalToken && answer.isNew) return markUsed(dependencies, creation, context);
  const token = await confirmKnownToken(dependencies, creation, context, answer);
  // Exactly one request was sent with our token, and NS1 named another one: none can arrive late.
  const isPairUnused = token === answer.token && answer.attempts === 1 && !resumed;
  return answerWithToken(dependencies, creation, context, token, isPairUnused);
}

async function markUsed(
  dependencies: PooledDependencies,
  { reservation, cardNumber, claim }: ReservedCreation,
  context: RequestContext,
): Promise<CreatedCard> {
  try {
    await dependencies.store.markUsed(reservation, claim);
  } catch (error) {
    if (!(error instanceof ReservationLost)) throw error;
    // A read adopted the pair while NS1 was asked, or it was quarantined. Whether it belongs to
    // this card is NS1's decision.
    const token = await agreedToken(dependencies, cardNumber, context);
    if (token === null) throw error;
    return answerWithKnownReference(dependencies, token, { cardNumber, claim }, context);
  }
  dependencies.report('card-created', context);
  return { cardReference: reservation.cardReference, created: true };
}

/**
 * Asks NS1 which token the card has, after an unknown outcome and its retries. Without a token that
 * NS1 names twice the request fails with `error` and tries no second pair.
 */
async function settleUnknown(
  dependencies: PooledDependencies,
  creation: ReservedCreation,
  context: RequestContext,
  error: TomeError,
): Promise<CreatedCard> {
  const lookUp = (): Promise<InternalToken | null> =>
    dependencies.tome.ns1.lookup(creation.cardNumber, liveCall(context)).catch((cause: unknown) => {
      if (cause instanceof TomeError && !(cause instanceof LastingAnswer)) throw error;
      throw cause;
    });
  const bound = await lookUp();
  if (bound === null) throw error;
  if ((await lookUp()) !== bound) throw error;
  return answerWithToken(dependencies, creation, context, bound, false);
}

/**
 * NS1 names a token that no pair can contain. When it does so twice, the card certainly has that
 * token. The pair is released if NS1 also says that its token is bound to no card: otherwise every
 * request for this card would cost one pair.
 */
async function confirmUnusableToken(
  dependencies: PooledDependencies,
  creation: ReservedCreation,
  context: RequestContext,
  refusal: InternalTokenUnacceptable,
): Promise<CreatedCard> {
  const doubt = new TomeAnswerInvalid('NS1 names different tokens for one source.', { attempts: refusal.attempts });
  try {
    return await settleUnknown(dependencies, creation, context, doubt);
  } catch (error) {
    if (error instanceof InternalTokenUnacceptable) {
      const wasSentOnce = refusal.attempts === 1 && !creation.resumed;
      const isPairUnused = wasSentOnce && (await isUnbound(dependencies, creation.reservation, context));
      await releaseOrQuarantine(dependencies, creation, context, isPairUnused);
    }
    throw error;
  }
}

/**
 * NS1 refused the request. If it refuses a lookup of the card as well, the card is the cause and
 * the answer is lasting. Otherwise the pair's token is: the pair is quarantined, and a retry uses
 * another.
 */
async function confirmRefusal(
  dependencies: PooledDependencies,
  creation: ReservedCreation,
  context: RequestContext,
  { attempts }: TomeRequestRefused,
): Promise<CreatedCard> {
  const doubt = new TomeAnswerInvalid('NS1 refused the token of the reserved pair.', { attempts });
  try {
    return await settleUnknown(dependencies, creation, context, doubt);
  } catch (error) {
    if (error === doubt) await dependencies.store.quarantineReservation(creation.reservation, 'conflict');
    throw error;
  }
}

/**
 * NS1 says that the card has a token already: another one, or ours, which an earlier request with
 * this key may have bound.
 */
async function confirmKnownToken(
  dependencies: PooledDependencies,
  { cardNumber }: ReservedCreation,
  context: RequestContext,
  { token, attempts }: TokenizeAnswer<InternalToken>,
): Promise<InternalToken> {
  const agreed = await agreedToken(dependencies, cardNumber, context, token);
  if (agreed === null) throw new TomeAnswerInvalid('NS1 named a token and does not know it any more.', { attempts });
  return agreed;
}

async function answerWithToken(
  dependencies: PooledDependencies,
  creation: ReservedCreation,
  context: RequestContext,
  token: InternalToken,
  isPairUnused: boolean,
): Promise<CreatedCard> {
  if (token === creation.reservation.internalToken) return markUsed(dependencies, creation, context);
  dependencies.report('card-already-bound', context);
  await releaseOrQuarantine(dependencies, creation, context, isPairUnused);
  return answerWithKnownReference(dependencies, token, creation, context);
}

async function answerWithKnownReference(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  { cardNumber, claim }: Pick<ReservedCreation, 'cardNumber' | 'claim'>,
  context: RequestContext,
): Promise<CreatedCard> {
  const card = await ensureReference(dependencies, { cardNumber, internalToken }, context);
  if (claim !== null) await dependencies.store.completeIdempotencyKey(claim, card);
  return card;
}
