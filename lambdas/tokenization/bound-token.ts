import type { CardReference } from './card-reference.ts';
import { existingReferenceOf, referenceFor } from './direct-path.ts';
import { PairConflict } from './errors/pair-conflict.ts';
import { StoreUnavailable } from './errors/store-unavailable.ts';
import { TomeAnswerInvalid, TomeError } from './errors/tome-error.ts';
import type { InternalToken } from './internal-token.ts';
import type { TokenPair } from './pair.ts';
import type { StoredPair } from './ports/pair-store.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';

/**
 * The reference of an internal token that NS1 says a card is bound to; `null` when it has none yet. One database look when the
 * pair is stored; otherwise NS2 is asked and the pair is stored, so that the next read is one call again (A5). A read is answered
 * from TOME alone while the database is down (brief 2, "When things are down").
 */
export async function findReference(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  context: RequestContext,
): Promise<CardReference | null> {
  const stored = await unlessStoreIsDown(dependencies.store.findByInternalToken(internalToken, context.budget));
  if (stored !== null && stored !== 'store-down') {
    await confirmMapping(dependencies, stored, context);
    await ifPossible(dependencies, context, () => adopt(dependencies, stored, context));
    return stored.cardReference;
  }
  const pair = await existingReferenceOf(dependencies, internalToken, context);
  if (pair === null) return null;
  if (stored === null) await repair(dependencies, pair, context);
  return pair.cardReference;
}

/** The same for a creation: NS2 makes the reference when there is none, and nothing is answered before it is stored. */
export async function ensureReference(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  context: RequestContext,
): Promise<CreatedCard> {
  const stored = await dependencies.store.findByInternalToken(internalToken);
  if (stored !== null) {
    await confirmMapping(dependencies, stored, context);
    await adopt(dependencies, stored, context);
    return { cardReference: stored.cardReference, created: false };
  }
  const { pair, isNew } = await referenceFor(dependencies, internalToken, context);
  await storeBound(dependencies, pair, 'direct', context);
  return { cardReference: pair.cardReference, created: isNew };
}

/**
 * A pair that was stored before NS2 heard of it is only intended, and nobody is answered by it before NS2 has said the same. Rejects with
 * PairConflict when NS2 says otherwise.
 */
export async function confirmMapping(
  { tome }: PooledDependencies,
  { state, mapped, internalToken, cardReference }: StoredPair,
  context: RequestContext,
): Promise<void> {
  if (mapped || state === 'USED') return;
  const answer = await tome.ns2.tokenize(internalToken, cardReference, liveCall(context));
  if (answer.token !== cardReference) throw new PairConflict();
}

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
  await dependencies.store.adopt(pair.internalToken);
  dependencies.report('pair-adopted', context);
}

/**
 * Stores a pair that was bound outside the pool. For ever after it answers for its card, and it came from a single answer of NS2 that had
 * nothing to be compared with: so NS2 is asked once more before it is believed for ever (I3).
 */
export async function storeBound(
  { tome, store }: PooledDependencies,
  pair: TokenPair,
  origin: 'direct' | 'repair',
  context: RequestContext,
): Promise<void> {
  if ((await tome.ns2.lookup(pair.internalToken, liveCall(context))) !== pair.cardReference) {
    throw new TomeAnswerInvalid('NS2 names different references for one token.', { attempts: 1 });
  }
  await store.insertBound(pair, origin);
}

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
      error instanceof StoreUnavailable || (error instanceof TomeError && !(error instanceof TomeAnswerInvalid));
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
