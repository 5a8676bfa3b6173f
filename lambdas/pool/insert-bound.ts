import { PairConflict } from '../tokenization/errors/pair-conflict.ts';
import type { TokenPair } from '../tokenization/pair.ts';
import { adopt } from './adopt.ts';
import type { Sql } from './database.ts';

/**
 * Stores a pair that TOME bound outside the pool, as USED with its outbox row. Both unique indexes guard it: when either half is there
 * nothing is inserted, and the pair that stands is adopted if it is this one. Executed again it finds its own row.
 */
export async function insertBound(
  sql: Sql,
  { internalToken, cardReference }: TokenPair,
  origin: 'direct' | 'repair',
): Promise<void> {
  const [inserted] = await sql`
    WITH used AS (
      INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
      VALUES (${internalToken}, ${cardReference}, 'USED', ${origin}, now())
      ON CONFLICT DO NOTHING
      RETURNING id, card_reference
    )
    INSERT INTO outbox_event (pair_id, card_reference)
    SELECT id, card_reference FROM used
    RETURNING pair_id
  `;
  if (inserted !== undefined) return;
  const [standing] = await sql<{ state: string }[]>`
    SELECT state FROM pair WHERE internal_token = ${internalToken} AND card_reference = ${cardReference}
  `;
  if (standing === undefined) throw new PairConflict();
  if (standing.state !== 'USED') await adopt(sql, internalToken);
}
