import type { CardReference } from '../tokenization/card-reference.ts';
import { InvalidInput } from '../tokenization/errors/invalid-input.ts';
import type { InternalToken } from '../tokenization/internal-token.ts';
import type { StoredPair } from '../tokenization/ports/pair-store.ts';
import type { Sql } from './database.ts';

/** By the unique index on internal_token. A pair outside the pool's road was bound by NS2 before it was stored. */
export async function findByInternalToken(sql: Sql, internalToken: InternalToken): Promise<StoredPair | null> {
  const [pair] = await sql<StoredPair[]>`
    SELECT
      internal_token AS "internalToken",
      card_reference AS "cardReference",
      state,
      available_at IS NOT NULL OR origin <> 'prefetch' AS mapped
    FROM pair
    WHERE internal_token = ${internalToken}
  `;
  return pair ?? null;
}

/** By the unique index on card_reference. What is no reference but some pair's internal token is refused (rule 10). */
export async function findByReference(sql: Sql, cardReference: CardReference): Promise<StoredPair | null> {
  const [pair] = await sql<StoredPair[]>`
    SELECT
      internal_token AS "internalToken",
      card_reference AS "cardReference",
      state,
      available_at IS NOT NULL OR origin <> 'prefetch' AS mapped
    FROM pair
    WHERE card_reference = ${cardReference}
  `;
  if (pair !== undefined) return pair;
  const [internal] = await sql`SELECT 1 FROM pair WHERE internal_token = ${cardReference}`;
  if (internal !== undefined) throw new InvalidInput('cardReferenceId', 'must be a 16-digit card reference');
  return null;
}
