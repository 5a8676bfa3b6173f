import postgres from 'postgres';
import { InvalidInput, PairConflict, ReservationLost } from '../tokenization/errors.ts';
import type { CardReference } from '../tokenization/model/card-reference.ts';
import type { InternalToken } from '../tokenization/model/internal-token.ts';
import { PAIR_STATES, type PairState, type TokenPair } from '../tokenization/model/pair.ts';
import type { CallerBudget } from '../tokenization/ports/budget-ledger.ts';
import type { PairStore, StoredPair } from '../tokenization/ports/pair-store.ts';
import { ReferenceUnacceptable } from '../tokenization/tome-errors.ts';
import { withinBudget } from './caller-budget.ts';
import { bytea } from './database/array-parameters.ts';
import type { Sql, StatementRunner } from './database/database.ts';
import { type ClaimSettings, reserve, reserveForKey } from './reserve.ts';

export interface PairStoreSettings extends ClaimSettings {
  /** Creations by the direct path in one second, for all instances together. */
  readonly directCreationsPerSecond: number;
}

/** If the database does not answer a read, TOME does. */
const READ = { hasFallback: true };

/**
 * The database functions that requests use (`functions/`). Their SQL files say why each is safe to
 * repeat.
 */
export function createPairStore(database: StatementRunner, settings: PairStoreSettings): PairStore {
  return {
    reserve: (reservationId, claim) =>
      database.run((sql) =>
        claim === null ? reserve(sql, reservationId) : reserveForKey(sql, reservationId, claim, settings),
      ),

    async markUsed({ id, pairId }, claim) {
      const [marked] = await database.run((sql) =>
        claim === null
          ? sql`SELECT mark_used(${id}, ${pairId}) AS "isOurs"`
          : sql`
              SELECT mark_used_for_key(${id}, ${pairId}, ${bytea(claim.keyHash)}, ${bytea(claim.fingerprint)})
                AS "isOurs"
            `,
      );
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

    async adopt(pair) {
      if (!(await recordBoundPair(database, pair, 'repair'))) throw new PairConflict();
    },

    insertBound: (pair, origin) => recordBoundPair(database, pair, origin),

    async findByInternalToken(internalToken, budget = NO_BUDGET) {
      return storedPair(await database.run((sql) => findByInternalToken(sql, internalToken, budget), READ));
    },

    async findByReference(reference, budget = NO_BUDGET) {
      const found = await database.run((sql) => findByReference(sql, reference, budget), READ);
      const stored = storedPair(found);
      if (found?.isInternalToken === true)
        throw new InvalidInput('cardReferenceId', 'must be a 16-digit card reference');
      return stored;
    },

    completeIdempotencyKey: ({ keyHash, fingerprint }, { cardReference, created }) =>
      database.run(
        async (sql) =>
          void (await sql`
            SELECT complete_idempotency_key(${bytea(keyHash)}, ${bytea(fingerprint)}, ${cardReference}, ${created})
          `),
      ),

    releaseIdempotencyKey: ({ keyHash, fingerprint }) =>
      database.run(
        async (sql) => void (await sql`SELECT release_idempotency_key(${bytea(keyHash)}, ${bytea(fingerprint)})`),
      ),

    async spendDirectBudget() {
      const [spent] = await database.run(
        (sql) => sql`SELECT spend_direct_budget(${settings.directCreationsPerSecond}) AS "isGranted"`,
      );
      return spent?.['isGranted'] === true;
    },

    requestRefill: () => database.run(async (sql) => void (await sql`SELECT request_refill()`)),
  };
}

async function recordBoundPair(
  database: StatementRunner,
  { internalToken, cardReference }: TokenPair,
  origin: 'direct' | 'repair',
): Promise<boolean> {
  try {
    const [recorded] = await database.run(
      (sql) => sql`SELECT record_bound_pair(${internalToken}, ${cardReference}, ${origin}) AS "isThere"`,
    );
    if (recorded?.['isThere'] !== true) throw new PairConflict();
    return true;
  } catch (error) {
    // `functions/lookup/record-bound-pair.sql` has the conditions.
    const code = error instanceof postgres.PostgresError ? error.code : null;
    if (code === 'TOKEN') throw new ReferenceUnacceptable('NS2 has bound an internal token as a reference.');
    if (code === 'FORMS' || code === 'REFER') return false;
    throw error;
  }
}

/** For a read without a caller: no row can belong to this budget, so its wait is 0. */
const NO_BUDGET: CallerBudget = { caller: '', kind: 'lookup-miss', limit: 1, windowSeconds: 0 };

/**
 * The pair, if it exists, and how long the caller must wait because its budget is spent. Both from
 * one snapshot.
 */
interface FoundPair {
  readonly waitSeconds: number;
  readonly internalToken: InternalToken | null;
  readonly cardReference: CardReference | null;
  readonly state: string | null;
  readonly mapped: boolean | null;
  readonly isInternalToken?: boolean;
}

async function findByInternalToken(
  sql: Sql,
  internalToken: InternalToken,
  { caller, kind, limit, windowSeconds }: CallerBudget,
): Promise<FoundPair | undefined> {
  const [found] = await sql<FoundPair[]>`
    SELECT
      found.internal_token AS "internalToken",
      found.card_reference AS "cardReference",
      found.state,
      found.is_mapped AS mapped,
      budget.wait AS "waitSeconds"
    FROM find_by_internal_token(${internalToken}) AS found
    RIGHT JOIN caller_budget_wait(${caller}, ${kind}, ${limit}, ${windowSeconds}) AS budget (wait) ON true
  `;
  return found;
}

async function findByReference(
  sql: Sql,
  reference: CardReference,
  { caller, kind, limit, windowSeconds }: CallerBudget,
): Promise<FoundPair | undefined> {
  const [found] = await sql<FoundPair[]>`
    SELECT
      found.internal_token AS "internalToken",
      found.card_reference AS "cardReference",
      found.state,
      found.is_mapped AS mapped,
      found.is_internal_token AS "isInternalToken",
      budget.wait AS "waitSeconds"
    FROM find_by_reference(${reference}) AS found
    RIGHT JOIN caller_budget_wait(${caller}, ${kind}, ${limit}, ${windowSeconds}) AS budget (wait) ON true
  `;
  return found;
}

/** Throws CallerBudgetSpent when the caller must wait, also if a pair was found. */
function storedPair(found: FoundPair | undefined): StoredPair | null {
  const { internalToken = null, cardReference = null, state = null, mapped = null } = withinBudget(found) ?? {};
  if (internalToken === null || cardReference === null || state === null || mapped === null) return null;
  return { internalToken, cardReference, state: pairState(state), mapped };
}

function pairState(text: string): PairState {
  const state = PAIR_STATES.find((known) => known === text);
  if (state === undefined) throw new Error(`A pair is in the state ${text}, which this release does not know.`);
  return state;
}
