import type { StagedPair } from '../tokenization/ports/refill-store.ts';
import { arrayLiteral } from './array-parameters.ts';
import type { Sql } from './database.ts';
import { quarantineUnused } from './quarantine-unused.ts';

/** Those that failed least often first, so that poisoned pairs cannot keep the others waiting (brief 2, rule 7). */
export async function stagedPairs(sql: Sql, limit: number): Promise<readonly StagedPair[]> {
  return sql<StagedPair[]>`
    SELECT pair.id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference"
    FROM staged_pair
    JOIN pair ON pair.id = staged_pair.pair_id
    ORDER BY staged_pair.failures, staged_pair.pair_id
    LIMIT ${limit}
  `;
}

/** Counts a failed mapping of each pair; those that reach `maxFailures` are quarantined. Counting one too many is harmless. */
export async function noteMappingFailure(sql: Sql, pairIds: readonly bigint[], maxFailures: number): Promise<void> {
  const hopeless = await sql<{ pairId: bigint; failures: number }[]>`
    UPDATE staged_pair
    SET failures = failures + 1
    WHERE pair_id = ANY (${arrayLiteral(pairIds)}::bigint[])
    RETURNING pair_id AS "pairId", failures
  `;
  const ids = hopeless.filter(({ failures }) => failures >= maxFailures).map(({ pairId }) => pairId);
  if (ids.length > 0) await quarantineUnused(sql, ids, 'unmappable');
}

/** Tokens waiting for a partner of the other namespace. */
export async function countSpareTokens(sql: Sql): Promise<{ internalTokens: number; references: number }> {
  const [spare] = await sql<{ internalTokens: number; references: number }[]>`
    SELECT
      count(*) FILTER (WHERE namespace = 'ns1')::int AS "internalTokens",
      count(*) FILTER (WHERE namespace = 'ns2')::int AS "references"
    FROM unpaired_token
    WHERE rejected_because IS NULL AND (expires_at IS NULL OR expires_at > now())
  `;
  return spare ?? { internalTokens: 0, references: 0 };
}
