import type { Random } from '../tokenization/ports/clock.ts';
import type { PairStore } from '../tokenization/ports/pair-store.ts';
import { adopt } from './adopt.ts';
import type { StatementRunner } from './database.ts';
import { spendDirectBudget } from './direct-budget.ts';
import { findByInternalToken, findByReference } from './find-pair.ts';
import { type ClaimSettings, resolveClaim, yieldClaim } from './idempotency-claim.ts';
import { insertBound } from './insert-bound.ts';
import { markUsed } from './mark-used.ts';
import { quarantineReservation } from './quarantine-reservation.ts';
import { requestRefill } from './refill-request.ts';
import { release } from './release.ts';
import { reserve } from './reserve.ts';

export interface PairStoreSettings extends ClaimSettings {
  /** Where on the shelf a reservation starts to look. */
  readonly random: Random;
  /** Direct creations a second, over all instances. */
  readonly directCreationsPerSecond: number;
}

/** The statements of the request path over one process's connections. */
export function createPairStore(database: StatementRunner, settings: PairStoreSettings): PairStore {
  return {
    reserve: (reservationId, claim) => database.run((sql) => reserve(sql, reservationId, claim, settings)),
    markUsed: (reservation) => database.run((sql) => markUsed(sql, reservation)),
    release: (reservation, reason, claim) => database.run((sql) => release(sql, reservation, reason, claim)),
    quarantineReservation: (reservation, reason) =>
      database.run((sql) => quarantineReservation(sql, reservation, reason)),
    adopt: (internalToken) => database.run((sql) => adopt(sql, internalToken)),
    insertBound: (pair, origin) => database.run((sql) => insertBound(sql, pair, origin)),
    findByInternalToken: (internalToken) => database.run((sql) => findByInternalToken(sql, internalToken)),
    findByReference: (reference) => database.run((sql) => findByReference(sql, reference)),
    resolveClaim: (claim, card) => database.run((sql) => resolveClaim(sql, claim, card)),
    yieldClaim: (claim) => database.run((sql) => yieldClaim(sql, claim)),
    spendDirectBudget: () => database.run((sql) => spendDirectBudget(sql, settings.directCreationsPerSecond)),
    requestRefill: () => database.run(requestRefill),
  };
}
