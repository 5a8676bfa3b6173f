import type { OutboxEvent } from '../tokenization/ports/event-queue.ts';
import { arrayLiteral } from './array-parameters.ts';
import type { Sql } from './database.ts';

/**
 * Takes events in hand for `leaseSeconds`; two relays never hold the same one at once. The materialized CTE keeps it to `limit` rows, which a
 * plain sub-select under SKIP LOCKED does not (brief 5). A relay that dies lets its events go when the time is over: at least once.
 */
export async function takeEvents(sql: Sql, limit: number, leaseSeconds: number): Promise<readonly OutboxEvent[]> {
  return sql<OutboxEvent[]>`
    WITH due AS MATERIALIZED (
      SELECT pair_id
      FROM outbox_event
      WHERE not_before <= now()
      ORDER BY occurred_at
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox_event
    SET attempts = attempts + 1, not_before = now() + make_interval(secs => ${leaseSeconds})
    FROM due
    WHERE outbox_event.pair_id = due.pair_id
    RETURNING
      outbox_event.pair_id AS "pairId",
      card_reference AS "cardReference",
      occurred_at AS "occurredAt"
  `;
}

/** Closes events that the queue has taken, and counts them once: only rows that this statement deletes. */
export async function closeEvents(sql: Sql, pairIds: readonly bigint[]): Promise<void> {
  await sql`
    WITH sent AS (
      DELETE FROM outbox_event
      WHERE pair_id = ANY (${arrayLiteral(pairIds)}::bigint[])
      RETURNING pair_id
    )
    UPDATE sent_event_count SET sent = sent + (SELECT count(*) FROM sent)
  `;
}
