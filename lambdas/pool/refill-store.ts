import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { LeaseLost } from '../tokenization/errors.ts';
import type { PrefetchedTokens, RefillStore, StagedCount, StagedPair } from '../tokenization/ports/refill-store.ts';
import { arrayLiteral } from './database/array-parameters.ts';
import type { StatementRunner } from './database/database.ts';

export interface RefillStoreSettings {
  /** After this time without a renewal another run may take the lease over. */
  readonly leaseSeconds: number;
  /** Failed attempts to bind a staged pair on NS2 after which it is quarantined. */
  readonly maxMappingFailures: number;
  /** How long before the expiry of its tokens a pair leaves the pool. */
  readonly expiryMarginSeconds: number;
}

const JOB = 'prefetch';

/**
 * The database functions that prefetch uses (`functions/refill`). Their SQL files say why each is
 * safe to repeat.
 */
export function createRefillStore(database: StatementRunner, settings: RefillStoreSettings): RefillStore {
  const { leaseSeconds, maxMappingFailures } = settings;
  return {
    async acquireLease(holder) {
      const [lease] = await database.run(
        (sql) => sql<{ fencing: bigint | null }[]>`SELECT acquire_lease(${JOB}, ${holder}, ${leaseSeconds}) AS fencing`,
      );
      return lease === undefined || lease.fencing === null ? null : { fencing: lease.fencing };
    },

    async renewLease({ fencing }) {
      const [renewed] = await database.run(
        (sql) => sql`SELECT renew_lease(${JOB}, ${fencing}, ${leaseSeconds}) AS "isHeld"`,
      );
      if (renewed?.['isHeld'] !== true) throw new LeaseLost();
    },

    releaseLease: ({ fencing }) =>
      database.run(async (sql) => void (await sql`SELECT release_lease(${JOB}, ${fencing})`)),

    async spareTokens() {
      const [spare] = await database.run(
        (sql) => sql<{ internalTokens: number; references: number }[]>`
          SELECT internal_tokens AS "internalTokens", card_references AS "references" FROM count_spare_tokens()
        `,
      );
      return spare ?? { internalTokens: 0, references: 0 };
    },

    async announcePrefetch({ fencing }, { namespace, count }) {
      const id = randomUUID();
      await database.run((sql) => sql`SELECT announce_prefetch(${id}, ${namespace}, ${fencing}, ${count})`);
      return id;
    },

    stage: ({ fencing }, announcements, tokens) =>
      orLeaseLost(async () => {
        const [count] = await database.run((sql) => {
          const parameters = stagingParameters(tokens);
          return sql<StagedCount[]>`
            SELECT staged, rejected, spare_internal_tokens AS "spareInternalTokens", spare_references AS "spareReferences"
            FROM stage_tokens(
              ${fencing},
              ${arrayLiteral(announcements)},
              ${parameters.internalTokens},
              ${parameters.internalExpiries},
              ${parameters.references},
              ${parameters.referenceExpiries},
              ${parameters.rejectedNamespaces},
              ${parameters.rejected},
              ${parameters.rejectedBecause},
              ${settings.expiryMarginSeconds}
            )
          `;
        });
        return count ?? { staged: 0, rejected: 0, spareInternalTokens: 0, spareReferences: 0 };
      }),

    stagedPairs: (limit) =>
      database.run(
        (sql) => sql<StagedPair[]>`
          SELECT pair_id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference"
          FROM staged_pairs(${limit})
        `,
      ),

    activate: ({ fencing }, pairs) =>
      orLeaseLost(async () => {
        const [outcome] = await database.run(
          (sql) => sql<{ activated: number }[]>`
            SELECT activate_mapped_pairs(
              ${fencing},
              ${arrayLiteral(pairs.map(({ pairId }) => pairId))},
              ${arrayLiteral(pairs.map(({ internalToken }) => internalToken))},
              ${arrayLiteral(pairs.map(({ cardReference }) => cardReference))}
            ) AS activated
          `,
        );
        return outcome?.activated ?? 0;
      }),

    quarantineStaged: (pairIds, reason) =>
      database.run(async (sql) => void (await sql`SELECT quarantine_unused(${arrayLiteral(pairIds)}, ${reason})`)),

    noteMappingFailure: (pairIds) =>
      database.run(
        async (sql) => void (await sql`SELECT note_mapping_failure(${arrayLiteral(pairIds)}, ${maxMappingFailures})`),
      ),

    noteRefill: (durationSeconds, activated) =>
      database.run(async (sql) => void (await sql`SELECT note_refill(${durationSeconds}, ${activated})`)),
  };
}

const stagingParameters = ({ internalTokens, references, rejected }: PrefetchedTokens) => ({
  internalTokens: arrayLiteral(internalTokens.map(({ token }) => token)),
  internalExpiries: arrayLiteral(internalTokens.map(({ expiresAt }) => expiresAt)),
  references: arrayLiteral(references.map(({ token }) => token)),
  referenceExpiries: arrayLiteral(references.map(({ expiresAt }) => expiresAt)),
  rejectedNamespaces: arrayLiteral(rejected.map(({ namespace }) => namespace)),
  rejected: arrayLiteral(rejected.map(({ kept }) => kept)),
  rejectedBecause: arrayLiteral(rejected.map(({ fault }) => fault)),
});

/**
 * Converts the error of `functions/refill/assert-lease.sql`, raised when another run has taken over
 * the lease.
 */
async function orLeaseLost<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === 'LEASE') throw new LeaseLost();
    throw error;
  }
}
