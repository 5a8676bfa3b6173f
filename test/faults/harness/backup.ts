import type { World } from './world.ts';

/** Every table that a restore, or the promotion of a late replica, sets back. */
const RESTORED = [
  'pair',
  'available_pair',
  'staged_pair',
  'quarantined_pair',
  'reservation',
  'outbox_event',
  'outbox_cursor',
  'sent_event_count',
  'pool_cursor',
  'idempotency_key',
  'unpaired_token',
  'prefetch_call',
  'forgotten_token',
  'job_lease',
];

/** Copies the database into the schema `backup`, in one transaction. */
export async function takeBackup(world: World): Promise<void> {
  const copies = RESTORED.map((table) => `CREATE TABLE backup.${table} AS SELECT * FROM ${table};`).join('\n');
  await world.sql.begin('ISOLATION LEVEL REPEATABLE READ', (transaction) =>
    transaction.unsafe(`
      DROP SCHEMA IF EXISTS backup CASCADE;
      CREATE SCHEMA backup;
      ${copies}
      CREATE TABLE backup.sequence_position AS
        SELECT (SELECT last_value FROM pool_ticket) AS ticket, (SELECT last_value FROM pair_id_seq) AS pair_id;
    `),
  );
}

/**
 * Sets the database back to the backup, as a restore or the promotion of a late replica does. Pairs
 * that are stored afterwards get ids that other pairs had before. TOME and the clients still know
 * what happened after the backup. The log of state changes starts again.
 */
export async function restoreBackup(world: World): Promise<void> {
  const copies = RESTORED.map(
    (table) => `DELETE FROM ${table}; INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM backup.${table};`,
  ).join('\n');
  await world.sql.begin((transaction) =>
    transaction.unsafe(`
      SET LOCAL session_replication_role = replica;
      LOCK TABLE ${RESTORED.join(', ')} IN ACCESS EXCLUSIVE MODE;
      ${copies}
      SELECT setval('pool_ticket', ticket), setval('pair_id_seq', pair_id) FROM backup.sequence_position;
      DELETE FROM fault_watch.edge;
      DELETE FROM fault_watch.pair_state;
      INSERT INTO fault_watch.pair_state SELECT pair_id, state, reservation_id FROM pair_life;
    `),
  );
}
