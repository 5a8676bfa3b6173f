import type { Sql } from './database.ts';

/** Of many who find the pool empty at once one leaves the request; the others find it there and write nothing. */
export async function requestRefill(sql: Sql): Promise<void> {
  await sql`INSERT INTO refill_request DEFAULT VALUES ON CONFLICT DO NOTHING`;
}

/** Takes the open request, if there is one, so that it is answered once. */
export async function takeRefillRequest(sql: Sql): Promise<boolean> {
  const taken = await sql`DELETE FROM refill_request RETURNING requested_at`;
  return taken.length > 0;
}
