import { CardNumber } from '../../lambdas/tokenization/card-number.ts';
import { madeUpCard } from '../local/made-up-cards.ts';
import { Crashed } from './fault-modes.ts';
import { PlannedFaults, untouched } from './interceptor.ts';
import { startProcess } from './process-under-test.ts';
import { createAs } from './recorded-client.ts';
import type { World } from './world.ts';

export const CARD = madeUpCard(1);
export const OTHER = madeUpCard(2);

/** What a backup holds of the pool. */
const RESTORED = [
  'pair',
  'available_pair',
  'staged_pair',
  'quarantined_pair',
  'reservation',
  'outbox_event',
  'sent_event_count',
  'pool_cursor',
];

export const created = async (world: World): Promise<void> => {
  await createAs(startProcess(world, untouched), world, CARD);
};

/** A card that another domain has bound at TOME: somebody whose tokens a wrong answer could name. */
export async function anotherDomainsCard(world: World): Promise<void> {
  const call = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'another domain' } as const;
  const { token } = await world.tome.ns1.tokenize(CardNumber.parse(OTHER), null, call);
  await world.tome.ns2.tokenize(token, null, call);
}

/** Backups are older than what they are taken of. */
export async function createdAndLost(world: World): Promise<void> {
  await created(world);
  await world.sql.unsafe(`
    SET session_replication_role = replica;
    DELETE FROM pair WHERE id IN (SELECT pair_id FROM pair_life WHERE state = 'USED'); DELETE FROM outbox_event;
    SET session_replication_role = origin;
  `);
}

/** A pair that an earlier run staged, whose internal token NS2 has bound to another reference meanwhile. */
export async function contradictedPair(world: World): Promise<void> {
  const call = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'batch', correlationId: 'an earlier run' } as const;
  const [internal] = await world.tome.ns1.prefetch(1, call);
  const [reference] = await world.tome.ns2.prefetch(1, call);
  if (internal === undefined || reference === undefined) throw new Error('TOME gives what it is asked for.');
  await world.sql`
    WITH staged AS (
      INSERT INTO pair (internal_token, card_reference) VALUES (${internal.token}, ${reference.token}) RETURNING id
    )
    INSERT INTO staged_pair (pair_id) SELECT id FROM staged
  `;
  await world.tome.ns2.tokenize(internal.token, null, call);
}

/** A creation whose process dies right after it has reserved its pair. */
export async function dyingCreation(world: World): Promise<void> {
  const dying = startProcess(world, new PlannedFaults(new Map([[0, 'crash-after']]), world.deferred).startProcess());
  await createAs(dying, world, OTHER).catch((error: unknown) => {
    if (!(error instanceof Crashed)) throw error;
  });
}

/** A card that was created after the backup which the database was brought back from. */
export async function restoredBackup(world: World): Promise<void> {
  await world.sql.unsafe('DROP SCHEMA IF EXISTS backup CASCADE; CREATE SCHEMA backup');
  for (const table of RESTORED) await world.sql.unsafe(`CREATE TABLE backup.${table} AS SELECT * FROM ${table}`);
  await created(world);
  await startProcess(world, untouched).relay();
  await world.sql.unsafe(`
    SET session_replication_role = replica;
    ${RESTORED.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM backup.${table};`).join('\n')}
    DELETE FROM fault_watch.edge; DELETE FROM fault_watch.station;
    INSERT INTO fault_watch.station SELECT pair_id, state, reservation_id FROM pair_life;
    SET session_replication_role = origin;
  `);
}
