import { confirmToken } from './confirm-token.ts';
import { existingReferenceOf, referenceFor } from './direct-path.ts';
import { PairConflict, StoreUnavailable } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { TokenPair } from './model/pair.ts';
import type { StoredPair } from './ports/pair-store.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';
import { LastingAnswer, TomeAnswerInvalid, TomeError, TomeTokenTaken } from './tome-errors.ts';

/**
 * The reference of the internal token that NS1 named for a card; `null` when it has none yet. One
 * query when the pair is stored; otherwise NS2 is asked and the pair is stored, so that the next read
 * needs one call again. While the database is down a read is answered from TOME alone.
 *
 * A pair that is not USED yet is adopted for this card. One answer of NS1 is not enough for that: if it
 * belonged to another card, the pair would be used for ever in that card's place. So NS1 is asked once
 * more. A USED pair costs no further call.
 */
export async function findReference(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CardReference | null> {
  const stored = await unlessStoreIsDown(dependencies.store.findByInternalToken(internalToken, context.budget));
  if (stored !== null && stored !== 'store-down') {
    if (stored.state !== 'USED') await confirmToken(dependencies, internalToken, cardNumber, context);
    const cardReference = await confirmedReference(dependencies, stored, context);
    if (cardReference === stored.cardReference) {
      await ifPossible(dependencies, context, () => adopt(dependencies, stored, context));
    }
    return cardReference;
  }
  const pair = await existingReferenceOf(dependencies, internalToken, context);
  if (pair === null) return null;
  if (stored === null) await repair(dependencies, pair, context);
  return pair.cardReference;
}

/**
 * The same for a creation, which has confirmed NS1's answer already. If NS2 has no reference yet, NS2
 * creates one. The pair is stored before this function returns, because a reference that is not stored
 * could not be detokenized with one call; only a token that is stored with another reference, which
 * NS2 never confirmed, keeps its row.
 */
export async function ensureReference(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  context: RequestContext,
): Promise<CreatedCard> {
  const stored = await dependencies.store.findByInternalToken(internalToken);
  if (stored !== null) {
    const cardReference = await confirmedReference(dependencies, stored, context);
    if (cardReference === stored.cardReference) await adopt(dependencies, stored, context);
    return { cardReference, created: false };
  }
  const { pair, isNew } = await referenceFor(dependencies, internalToken, context);
  await storeBound(dependencies, pair, 'direct', context);
  return { cardReference: pair.cardReference, created: isNew };
}

/**
 * The reference of a stored pair's token. A pair is stored before NS2 hears of it, so until NS2 has
 * confirmed it the pair is only intended, and NS2 decides: it binds the pair now, or names the
 * reference that the token has had before (after a restore an old token can be paired anew). A
 * reference that NS2 did not bind in this call is believed when NS2 names it twice.
 */
async function confirmedReference(
  dependencies: PooledDependencies,
  pair: StoredPair,
  context: RequestContext,
): Promise<CardReference> {
  if (isConfirmed(pair)) return pair.cardReference;
  const { tome, report } = dependencies;
  const answer = await tome.ns2
    .tokenize(pair.internalToken, pair.cardReference, liveCall(context))
    .catch((error: unknown) => {
      // It will be so tomorrow: a lasting answer about this pair, and not "try again".
      throw error instanceof TomeTokenTaken ? new PairConflict() : error;
    });
  if (answer.token === pair.cardReference && answer.isNew) return pair.cardReference;
  const standing = await existingReferenceOf(dependencies, pair.internalToken, context);
  if (standing?.cardReference !== answer.token) throw contradiction();
  if (answer.token !== pair.cardReference) report('pair-contradicted', context);
  return answer.token;
}

/** Whether NS2 ever answered with exactly this pair. */
export const isConfirmed = ({ state, mapped }: StoredPair): boolean => mapped || state === 'USED';

/**
 * Marks a pair USED because NS1 said that a card is bound to it: the creation that bound it never finished, or the database is older
 * than TOME (brief 2, edge "adopt", and rule 9).
 */
export async function adopt(
  dependencies: PooledDependencies,
  pair: StoredPair,
  context: RequestContext,
): Promise<void> {
  if (pair.state === 'USED') return;
  await dependencies.store.adopt(pair);
  dependencies.report('pair-adopted', context);
}

/**
 * Stores a pair that was bound outside the pool. From then on it answers for its card, and it came from
 * a single answer of NS2 that had nothing to be compared with, so NS2 is asked once more.
 *
 * A row that NS2 never confirmed can hold one half of the pair beside another half. Rows never change,
 * so the pair cannot be stored then, and reads go on asking NS2. Rejects with PairConflict when a
 * confirmed row contradicts the pair.
 */
export async function storeBound(
  { tome, store, report }: PooledDependencies,
  pair: TokenPair,
  origin: 'direct' | 'repair',
  context: RequestContext,
): Promise<void> {
  if ((await tome.ns2.lookup(pair.internalToken, liveCall(context))) !== pair.cardReference) {
    throw contradiction();
  }
  try {
    await store.insertBound(pair, origin);
  } catch (error) {
    if (!(error instanceof PairConflict)) throw error;
    const rows = [await store.findByInternalToken(pair.internalToken), await store.findByReference(pair.cardReference)];
    if (rows.some((row) => row !== null && isConfirmed(row))) throw error;
    report('pair-contradicted', context);
  }
}

const contradiction = (): TomeAnswerInvalid =>
  new TomeAnswerInvalid('NS2 names different references for one token.', { attempts: 1 });

/**
 * A read must not fail because what it learned cannot be written down just now: the next read learns it again. An answer that contradicts
 * another is a different matter, and stops the read.
 */
export async function ifPossible(
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

/** Stores what a read learned from TOME, so that the next one is one call (A5). */
export async function repair(
  dependencies: PooledDependencies,
  pair: TokenPair,
  context: RequestContext,
): Promise<void> {
  await ifPossible(dependencies, context, () => storeBound(dependencies, pair, 'repair', context));
  dependencies.report('pair-repaired', context);
}

/** The answer of a read from the database, or that it is down: then TOME answers, with two calls, and nothing is tried beyond them. */
export async function unlessStoreIsDown<Value>(read: Promise<Value>): Promise<Value | 'store-down'> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return 'store-down';
  }
}
