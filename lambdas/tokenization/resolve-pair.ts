import type { NamedToken } from './bind-candidate.ts';
import { assertMayBeUnknown, assertNotCardNumber, bindReference, findBoundReference } from './bound-reference.ts';
import { confirmToken } from './checked-answers.ts';
import { PairConflict, StoreUnavailable } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import type { TokenPair } from './model/pair.ts';
import type { StoredPair } from './ports/pair-store.ts';
import { contradiction, isConfirmed, storeBound } from './store-bound.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';
import { LastingAnswer, StoredCardUnacceptable, TomeAnswerInvalid, TomeError, TomeTokenTaken } from './tome-errors.ts';

/** The database's answer to a read; `store-down` when there is none. */
type StoreAnswer = StoredPair | null | 'store-down';

/**
 * The reference of a card, or `null` when it has none: one NS1 call and one query when the pair is
 * stored and USED. Otherwise NS2 is asked too, and the read writes what it learned, so that the
 * next read needs one call. While the database is down TOME alone answers.
 */
export async function findReference(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CardReference | null> {
  const { tome, store } = dependencies;
  const internalToken = await tome.ns1.lookup(cardNumber, liveCall(context));
  if (internalToken === null) return null;
  const stored = await readOrStoreDown(store.findByInternalToken(internalToken, context.budget));
  if (needsConfirmation(stored)) await confirmToken(dependencies, internalToken, cardNumber, context);
  const cardReference = isStored(stored)
    ? await confirmedReference(dependencies, stored, cardNumber, context)
    : await findBoundReference(dependencies, { cardNumber, internalToken }, context);
  if (cardReference !== null) await recordRead(dependencies, stored, { internalToken, cardReference }, context);
  return cardReference;
}

/** The card number behind a reference, or `null`. The same calls and writes as `findReference`. */
export async function findCardNumber(
  dependencies: PooledDependencies,
  cardReference: CardReference,
  context: RequestContext,
): Promise<CardNumber | null> {
  const { tome, store } = dependencies;
  const stored = await readOrStoreDown(store.findByReference(cardReference, context.budget));
  const internalToken =
    isStored(stored) && isConfirmed(stored)
      ? stored.internalToken
      : await tome.ns2.detokenize(cardReference, liveCall(context));
  if (internalToken === null) return null;
  const cardNumber = await tome.ns1.detokenize(internalToken, liveCall(context));
  if (cardNumber === null) {
    if (!isStored(stored)) assertMayBeUnknown(internalToken, dependencies);
    return null;
  }
  if (cardNumber.hasDigits(cardReference)) throw new StoredCardUnacceptable();
  if (needsConfirmation(stored)) await confirmToken(dependencies, internalToken, cardNumber, context);
  await recordRead(dependencies, stored, { internalToken, cardReference }, context);
  return cardNumber;
}

/**
 * The reference of an internal token that NS1 has named twice for the card of a creation; NS2 makes
 * one if there is none. The pair is stored before this returns, because a reference that is not
 * stored could not be detokenized with one call. A pair that can never be stored is returned all
 * the same (`storeBound`).
 */
export async function ensureReference(
  dependencies: PooledDependencies,
  { cardNumber, internalToken }: Omit<NamedToken, 'isNew'>,
  context: RequestContext,
): Promise<CreatedCard> {
  const stored = await dependencies.store.findByInternalToken(internalToken);
  if (stored !== null) {
    const cardReference = await confirmedReference(dependencies, stored, cardNumber, context);
    await adopt(dependencies, stored, { internalToken, cardReference }, context);
    return { cardReference, created: false };
  }
  const named = { cardNumber, internalToken, isNew: false };
  const { cardReference, isNew } = await bindReference(dependencies, named, context);
  await storeBound(dependencies, { internalToken, cardReference }, 'direct', context);
  return { cardReference, created: isNew };
}

/**
 * The reference of a stored pair's token. A pair is stored before it is bound on NS2, so until NS2
 * has confirmed it the row is only a plan, and NS2 decides: it binds the pair now, or names the
 * reference that the token has already (after a restore a token can be paired a second time). A
 * reference that NS2 did not bind in this call must be named twice. Rejects with
 * ReferenceUnacceptable when it is the card's own number.
 */
async function confirmedReference(
  dependencies: PooledDependencies,
  pair: StoredPair,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CardReference> {
  assertNotCardNumber(pair.cardReference, cardNumber);
  if (isConfirmed(pair)) return pair.cardReference;
  const { internalToken } = pair;
  const answer = await dependencies.tome.ns2
    .tokenize(internalToken, pair.cardReference, liveCall(context))
    .catch((error: unknown) => {
      // The reference belongs to another token: a retry gets the same answer, so not a 503.
      throw error instanceof TomeTokenTaken ? new PairConflict() : error;
    });
  if (answer.token === pair.cardReference && answer.isNew) return pair.cardReference;
  const named = await findBoundReference(dependencies, { cardNumber, internalToken }, context);
  if (named !== answer.token) throw contradiction();
  return answer.token;
}

/** Writes what a read learned: adopts the stored pair, or stores the pair that TOME knows. */
async function recordRead(
  dependencies: PooledDependencies,
  stored: StoreAnswer,
  pair: TokenPair,
  context: RequestContext,
): Promise<void> {
  if (isStored(stored)) await tryWrite(dependencies, context, () => adopt(dependencies, stored, pair, context));
  else if (stored === null) {
    await tryWrite(dependencies, context, async () => {
      if (await storeBound(dependencies, pair, 'repair', context)) dependencies.report('pair-repaired', context);
    });
  }
}

/**
 * Marks the stored pair as USED, because NS1 named its token for a card. The creation that bound it
 * did not finish, or the database was restored. Keeps a row that TOME contradicts as it is.
 */
async function adopt(
  { store, report }: PooledDependencies,
  stored: StoredPair,
  pair: TokenPair,
  context: RequestContext,
): Promise<void> {
  if (stored.internalToken !== pair.internalToken || stored.cardReference !== pair.cardReference) {
    report('pair-contradicted', context);
  } else if (stored.state !== 'USED') {
    await store.adopt(stored);
    report('pair-adopted', context);
  }
}

/** Runs a write of a read. An outage only postpones it; a contradiction fails the read. */
async function tryWrite(
  { report }: PooledDependencies,
  context: RequestContext,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    const isOutage =
      error instanceof StoreUnavailable ||
      (error instanceof TomeError && !(error instanceof TomeAnswerInvalid) && !(error instanceof LastingAnswer));
    if (!isOutage) throw error;
    report('repair-postponed', context, error);
  }
}

const readOrStoreDown = (read: Promise<StoredPair | null>): Promise<StoreAnswer> =>
  read.catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable)) throw error;
    return 'store-down';
  });

const isStored = (stored: StoreAnswer): stored is StoredPair => stored !== null && stored !== 'store-down';

/**
 * A pair that is not USED needs a second answer of NS1 before a read adopts it: if the first answer
 * belonged to another card, the pair would stay with the wrong card.
 */
const needsConfirmation = (stored: StoreAnswer): boolean => isStored(stored) && stored.state !== 'USED';
