import type { Sql } from '../../../lambdas/pool/database/database.ts';

/** Ids above those of every backlog, for the few rows in addition to it. */
export const FIRST_ADDITIONAL_ID = 2_000_000_000;
export const LAST_ADDITIONAL_ID = FIRST_ADDITIONAL_ID + 499;

export const series = (first: number, last: number): string =>
  `generate_series(${first}::bigint, ${last}::bigint) AS id`;

export const events = (first: number, last: number, due: string): string =>
  `INSERT INTO outbox_event (pair_id, reservation_id, reserved_at, not_before) SELECT id, gen_random_uuid(), now(), ${due} FROM ${series(first, last)}`;
export const reservations = (first: number, last: number, at: string): string =>
  `INSERT INTO reservation (id, pair_id, reserved_at) SELECT gen_random_uuid(), id, ${at} FROM ${series(first, last)}`;
export const availablePairs = (first: number, last: number, expiry: string): string => `
  INSERT INTO available_pair (ticket, pair_id, internal_token, card_reference, expires_at)
    SELECT id, id, 'it_' || md5(id::text), '9' || lpad(id::text, 15, '0'), ${expiry} FROM ${series(first, last)};
  UPDATE pool_cursor SET tail = greatest(tail, ${last});
`;
export const staged = (first: number, last: number, failures: string, expiry: string): string =>
  `INSERT INTO staged_pair (pair_id, failures, expires_at) SELECT id, ${failures}, ${expiry} FROM ${series(first, last)}`;
export const tokens = (first: number, last: number, reason: string, expiry: string, storedAt: string): string => `
  INSERT INTO unpaired_token (namespace, token, expires_at, rejected_because, stored_at)
    SELECT 'ns' || (1 + id % 2), 'spare_' || id, ${expiry}, ${reason}, ${storedAt} FROM ${series(first, last)}
`;
export const calls = (first: number, last: number, stored: string, announced: string): string => `
  INSERT INTO prefetch_call (id, namespace, fencing, requested, announced_at, stored_at)
    SELECT gen_random_uuid(), 'ns1', 1, 5000, ${announced}, ${stored} FROM ${series(first, last)}
`;
/** One millisecond for each id, so that the rows have different ages. */
export const AGO = "interval '1 millisecond' * id";

/** Tables that hold backlogs. */
const BACKLOG_TABLES = `outbox_event, reservation, available_pair, staged_pair, unpaired_token, idempotency_key, direct_path_second,
  prefetch_call, refill_run, pool_sample, quarantined_pair, forgotten_token, job_lease, caller_budget`;

/**
 * Wraps statements so that no trigger runs, because they insert rows as years of operation would
 * leave them.
 */
export const asOwner = (statements: string): string =>
  `SET session_replication_role = replica; ${statements}; SET session_replication_role = origin`;

/** Inserts the rows of the registry with these ids. They are pooled, which most jobs expect. */
export const pairs = (first: number, last: number): string => `
  INSERT INTO pair (id, internal_token, card_reference, state, available_at) OVERRIDING SYSTEM VALUE
  SELECT id, 'it_' || md5(id::text), '9' || lpad(id::text, 15, '0'), 'POOLED', now() - interval '1 day'
  FROM ${series(first, last)} ON CONFLICT DO NOTHING;
  SELECT setval(pg_get_serial_sequence('pair', 'id'), max(id)) FROM pair
`;

export const additionalPairs = (): string => pairs(FIRST_ADDITIONAL_ID, LAST_ADDITIONAL_ID);

/** Deletes every backlog and resets the cursors. */
export async function clearBacklogs(sql: Sql): Promise<void> {
  await sql.unsafe(
    asOwner(`
      TRUNCATE ${BACKLOG_TABLES};
      UPDATE pool_cursor SET tail = 0, floor = 1;
      UPDATE outbox_cursor SET due_from = '-infinity', pair_from = 0;
      SELECT setval('pool_ticket', 1, false);
      INSERT INTO job_lease VALUES ('prefetch', 1, 'bench', now() + interval '1 hour')
    `),
  );
}
