import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { TomeUnavailable } from '../../../lambdas/tokenization/tome-errors.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { restoreBackup, takeBackup } from '../harness/backup.ts';
import { Crashed } from '../harness/fault-modes.ts';
import { type Interceptor, PlannedFaults, untouched } from '../harness/interceptor.ts';
import { startProcess } from '../harness/process-under-test.ts';
import { createAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';

export const CARD = madeUpCard(1);
export const OTHER = madeUpCard(2);

/** The key of a creation that does not end well at first. */
export const OPEN_KEY = 'open-key';

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
  const {
    tokens: [internal],
  } = await world.tome.ns1.prefetch(1, call);
  const {
    tokens: [reference],
  } = await world.tome.ns2.prefetch(1, call);
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
  await takeBackup(world);
  await created(world);
  await startProcess(world, untouched).relay();
  await restoreBackup(world);
}

/**
 * A backup that holds an open key: its reservation had the pool's only pair, which was given back and
 * used for another card after the backup.
 */
export async function restoredWithOpenKey(world: World): Promise<void> {
  await createAs(startProcess(world, backupInsteadOfSending(world)), world, OTHER, OPEN_KEY);
  world.answers.length = 0;
  await created(world);
  await startProcess(world, untouched).relay();
  await restoreBackup(world);
}

/** TOME refuses the first call to NS1 before it is sent, and the backup is taken at that moment. */
const backupInsteadOfSending = (world: World): Interceptor => ({
  async around(point, act) {
    if (point.name !== 'tome ns1 tokenize') return act();
    await takeBackup(world);
    throw new TomeUnavailable('The breaker is open.', { attempts: 0 });
  },
});

/**
 * A card that NS1 knows and the database does not: its creation failed between the two namespaces. NS1
 * then hands its token out again, and the pool's only pair is made of it.
 */
export async function tokenHandedOutTwice(world: World): Promise<void> {
  const call = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'a creation that failed' } as const;
  await world.tome.ns1.tokenize(CardNumber.parse(CARD), null, call);
  world.simulator.faults.order({ operation: 'prefetch', namespace: 'ns1', kind: 'wrong-token', count: 1 });
  await startProcess(world, untouched).prefetch(1);
}

/** A creation with a key whose process dies when NS1 has bound the card and the pair is not USED yet. */
export async function boundAndLost(world: World): Promise<void> {
  const faults = new PlannedFaults(new Map([[1, 'crash-after']]), world.deferred);
  await createAs(startProcess(world, faults.startProcess()), world, OTHER, OPEN_KEY).catch((error: unknown) => {
    if (!(error instanceof Crashed)) throw error;
  });
}
