import type { CardReference } from '../tokenization/model/card-reference.ts';
import type { OutboxEvent } from '../tokenization/ports/event-queue.ts';
import type { PurgedKind } from '../tokenization/settle-reservations.ts';
import { arrayLiteral } from './database/array-parameters.ts';
import type { Sql } from './database/database.ts';

/**
 * Each function calls one database function. Its file under `functions/` says what it does and why
 * it is safe.
 */

export async function settleReservations(sql: Sql, horizonSeconds: number, limit: number): Promise<number> {
  const [settled] = await sql<{ count: number }[]>`SELECT settle_reservations(${horizonSeconds}, ${limit}) AS count`;
  return settled?.count ?? 0;
}

export async function retireExpired(sql: Sql, limit: number): Promise<number> {
  const [retired] = await sql<{ count: number }[]>`SELECT retire_expired(${limit}) AS count`;
  return retired?.count ?? 0;
}

export async function purgeExpired(sql: Sql, kind: PurgedKind, limit: number): Promise<number> {
  const [purged] = await sql<{ count: number }[]>`SELECT purge_expired(${kind}, ${limit}) AS count`;
  return purged?.count ?? 0;
}

export async function takeRefillRequest(sql: Sql): Promise<boolean> {
  const [taken] = await sql<{ isTaken: boolean }[]>`SELECT take_refill_request() AS "isTaken"`;
  return taken?.isTaken === true;
}

export async function takeEvents(sql: Sql, limit: number, leaseSeconds: number): Promise<readonly OutboxEvent[]> {
  return sql<{ pairId: bigint; cardReference: CardReference; occurredAt: Date }[]>`
    SELECT pair_id AS "pairId", card_reference AS "cardReference", occurred_at AS "occurredAt"
    FROM take_events(${limit}, ${leaseSeconds})
  `;
}

export async function closeEvents(sql: Sql, events: readonly OutboxEvent[]): Promise<void> {
  const pairIds = arrayLiteral(events.map(({ pairId }) => pairId));
  const references = arrayLiteral(events.map(({ cardReference }) => cardReference));
  await sql`SELECT close_sent_events(${pairIds}, ${references})`;
}

export async function fenceRestored(sql: Sql): Promise<{ quarantined: number; spareTokens: number }> {
  const [fenced] = await sql<{ quarantined: number; spareTokens: number }[]>`
    SELECT quarantined, spare_tokens AS "spareTokens" FROM fence_restored()
  `;
  return fenced ?? { quarantined: 0, spareTokens: 0 };
}
