import type { Random } from '../tokenization/ports/clock.ts';
import type { IdempotencyClaim, ReserveOutcome } from '../tokenization/ports/pair-store.ts';
import type { Sql } from './database.ts';
import { type ClaimSettings, holdClaim, resumeClaim } from './idempotency-claim.ts';
import { isAnyPairLeft, takePair, takePairForKey } from './take-pair.ts';

export interface ReserveSettings extends ClaimSettings {
  readonly random: Random;
}

/**
 * AVAILABLE -> RESERVED (A1), one round trip. With a key, the same statement also writes the key's row, or does nothing at all
 * when the key was used before; then the key tells what to do. The pool counts as empty only after a look that waits for others' locks.
 */
export async function reserve(
  sql: Sql,
  reservationId: string,
  claim: IdempotencyClaim | null,
  settings: ReserveSettings,
): Promise<ReserveOutcome> {
  for (;;) {
    const pair =
      claim === null
        ? await takePair(sql, reservationId, settings.random())
        : await takePairForKey(sql, reservationId, settings.random(), claim, settings);
    if (pair !== null) return { outcome: 'reserved', reservation: { id: reservationId, ...pair }, resumed: false };
    if (claim !== null) {
      const standing = await resumeClaim(sql, reservationId, claim, settings);
      if (standing !== null) return standing;
    }
    if (await isAnyPairLeft(sql)) continue;
    if (claim === null || (await holdClaim(sql, reservationId, claim, settings))) {
      return { outcome: 'no-pair', poolEmpty: true };
    }
  }
}
