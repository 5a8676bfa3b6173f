import type { InternalToken } from '../tokenization/internal-token.ts';
import type { Sql } from './database.ts';
import { quarantineUnused } from './quarantine-unused.ts';

/**
 * Any unused state -> USED, because NS1 said that a card is bound to this token (edge "adopt"). A pair that is still on a shelf of the unused goes
 * through quarantine: offered or staged, it must first be out of everybody's reach. Each step may be executed again; what was done
 * is found done. The outbox row's primary key makes it one event, whoever adopts.
 */
export async function adopt(sql: Sql, internalToken: InternalToken): Promise<void> {
  const [unused] = await sql<{ id: bigint }[]>`
    SELECT id FROM pair WHERE internal_token = ${internalToken} AND state IN ('STAGED', 'AVAILABLE')
  `;
  if (unused !== undefined) await quarantineUnused(sql, [unused.id], 'found-bound');
  await sql`
    WITH used AS (
      UPDATE pair
      SET state = 'USED', adopted_at = now(), used_at = now(), reason = coalesce(reason, 'adopted')
      WHERE internal_token = ${internalToken} AND state IN ('RESERVED', 'QUARANTINED')
      RETURNING id, card_reference, reservation_id
    ),
    unshelved AS (
      DELETE FROM quarantined_pair USING used WHERE quarantined_pair.pair_id = used.id
    ),
    closed AS (
      DELETE FROM reservation USING used WHERE reservation.id = used.reservation_id
    )
    INSERT INTO outbox_event (pair_id, card_reference)
    SELECT id, card_reference FROM used
  `;
}
