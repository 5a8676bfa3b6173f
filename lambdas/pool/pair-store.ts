import type { CardReference } from '../tokenization/card-reference.ts';
import { InvalidInput } from '../tokenization/errors/invalid-input.ts';
import { PairConflict } from '../tokenization/errors/pair-conflict.ts';
import { ReservationLost } from '../tokenization/errors/reservation-lost.ts';
import type { PairStore, StoredPair } from '../tokenization/ports/pair-store.ts';
import { bytea } from './array-parameters.ts';
import type { Sql, StatementRunner } from './database.ts';
import { type ClaimSettings, reserve, reserveForKey } from './reserve.ts';

export interface PairStoreSettings extends ClaimSettings {
  /** Direct creations a second, over all instances. */
  readonly directCreationsPerSecond: number;
}

/** The functions of the request path (`functions/*.sql`) over one process's connections. */
export function createPairStore(database: StatementRunner, settings: PairStoreSettings): PairStore {
  return {
    reserve: (reservationId, claim) =>
      database.run((sql) =>
        claim === null ? reserve(sql, reservationId) : reserveForKey(sql, reservationId, claim, settings),
      ),

    async markUsed({ id, pairId }) {
      const [marked] = await database.run((sql) => sql`SELECT mark_used(${id}, ${pairId}) AS "isOurs"`);
      if (marked?.['isOurs'] !== true) throw new ReservationLost();
    },

    async release({ id, pairId }, reason, claim) {
      const keyHash = claim === null ? null : bytea(claim.keyHash);
      const [released] = await database.run(
        (sql) => sql`SELECT release(${id}, ${pairId}, ${reason}, ${keyHash}) AS "isReleased"`,
      );
      return released?.['isReleased'] === true;
    },

    quarantineReservation: ({ id, pairId }, reason) =>
      database.run(async (sql) => void (await sql`SELECT quarantine_reservation(${id}, ${pairId}, ${reason})`)),

    adopt: (internalToken) => database.run(async (sql) => void (await sql`SELECT adopt(${internalToken})`)),

    async insertBound({ internalToken, cardReference }, origin) {
      const [stored] = await database.run(
        (sql) => sql`SELECT insert_bound(${internalToken}, ${cardReference}, ${origin}) AS "isThere"`,
      );
      if (stored?.['isThere'] !== true) throw new PairConflict();
    },

    findByInternalToken: (internalToken) =>
      database.run(async (sql) => {
        const [pair] = await sql<StoredPair[]>`
          SELECT internal_token AS "internalToken", card_reference AS "cardReference", state, is_mapped AS mapped
          FROM find_by_internal_token(${internalToken})
        `;
        return pair ?? null;
      }),

    findByReference: (reference) => database.run((sql) => findByReference(sql, reference)),

    resolveClaim: ({ keyHash }, { cardReference, created }) =>
      database.run(
        async (sql) => void (await sql`SELECT resolve_claim(${bytea(keyHash)}, ${cardReference}, ${created})`),
      ),

    yieldClaim: ({ keyHash, fingerprint }) =>
      database.run(async (sql) => void (await sql`SELECT yield_claim(${bytea(keyHash)}, ${bytea(fingerprint)})`)),

    async spendDirectBudget() {
      const [spent] = await database.run(
        (sql) => sql`SELECT spend_direct_budget(${settings.directCreationsPerSecond}) AS "isGranted"`,
      );
      return spent?.['isGranted'] === true;
    },

    requestRefill: () => database.run(async (sql) => void (await sql`SELECT request_refill()`)),
  };
}

async function findByReference(sql: Sql, reference: CardReference): Promise<StoredPair | null> {
  const [pair] = await sql<(StoredPair & { isInternalToken: boolean })[]>`
    SELECT
      internal_token AS "internalToken",
      card_reference AS "cardReference",
      state,
      is_mapped AS mapped,
      is_internal_token AS "isInternalToken"
    FROM find_by_reference(${reference})
  `;
  if (pair === undefined) return null;
  const { isInternalToken, ...stored } = pair;
  if (isInternalToken) throw new InvalidInput('cardReferenceId', 'must be a 16-digit card reference');
  return stored;
}
