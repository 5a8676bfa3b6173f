import { PairConflict } from './errors.ts';
import type { TokenPair } from './model/pair.ts';
import type { StoredPair } from './ports/pair-store.ts';
import type { RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';
import { TomeAnswerInvalid } from './tome-errors.ts';

/**
 * Stores a pair that was bound outside the pool. Every later request is answered from this row, and
 * a single answer of NS2 named the reference. So NS2 is asked once more. Returns whether the pair
 * is stored.
 *
 * A row that NS2 never confirmed can contain one half of the pair with another other half. Rows do
 * not change, so then the pair is not stored and later reads ask NS2 again. Nor is a pair stored
 * whose internal token has the form of an earlier profile or is a stored reference: TOME answers
 * for it, and this is counted. Rejects with PairConflict when a confirmed row contradicts the pair.
 */
export async function storeBound(
  { tome, store, report }: PooledDependencies,
  pair: TokenPair,
  origin: 'direct' | 'repair',
  context: RequestContext,
): Promise<boolean> {
  if ((await tome.ns2.lookup(pair.internalToken, liveCall(context))) !== pair.cardReference) {
    throw contradiction();
  }
  try {
    const isStored = await store.insertBound(pair, origin);
    if (!isStored) report('repair-postponed', context);
    return isStored;
  } catch (error) {
    if (!(error instanceof PairConflict)) throw error;
    const rows = [await store.findByInternalToken(pair.internalToken), await store.findByReference(pair.cardReference)];
    if (rows.some((row) => row !== null && isConfirmed(row))) throw error;
    report('pair-contradicted', context);
    return false;
  }
}

/** Whether NS2 has answered with exactly this pair. */
export const isConfirmed = ({ state, mapped }: StoredPair): boolean => mapped || state === 'USED';

/** Two answers of NS2 disagree. */
export const contradiction = (): TomeAnswerInvalid =>
  new TomeAnswerInvalid('NS2 names different references for one token.', { attempts: 1 });
