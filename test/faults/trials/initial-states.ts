import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { TomeUnavailable } from '../../../lambdas/tokenization/tome-errors.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { restoreBackup, takeBackup } from '../harness/backup.ts';
import { Crashed } from '../harness/fault-modes.ts';
import { type Interceptor, noFaults } from '../harness/interceptor.ts';
import { outsideCall } from '../harness/outside-call.ts';
import { PlannedFaults } from '../harness/planned-faults.ts';
import { startProcess } from '../harness/process-under-test.ts';
import { createAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';

export const CARD = madeUpCard(1);
export const OTHER = madeUpCard(2);

/** The key of a creation that does not end with success at first. */
export const OPEN_KEY = 'open-key';

/** CARD was created. */
export const created = async (world: World): Promise<void> => {
  await createAs(startProcess(world, noFaults), world, CARD);
};

/** TOME has bound a card of another domain, so that a wrong answer can name a token of it. */
export async function cardOfAnotherDomain(world: World): Promise<void> {
  const call = outsideCall('another domain');
  const { token } = await world.tome.ns1.tokenize(CardNumber.parse(OTHER), null, call);
  await world.tome.ns2.tokenize(token, null, call);
}

/** CARD was created after the backup that was restored, so its pair is not stored. */
export async function createdAndNotStored(world: World): Promise<void> {
  await created(world);
  await world.sql.unsafe(`
    SET session_replication_role = replica;
    DELETE FROM pair WHERE id IN (SELECT pair_id FROM pair_life WHERE state = 'USED'); DELETE FROM outbox_event;
    SET session_replication_role = origin;
  `);
}

/** An earlier run staged a pair, and then NS2 bound its internal token to another reference. */
export async function contradictedPair(world: World): Promise<void> {
  const call = outsideCall('an earlier run', 'batch');
  const {
    tokens: [internal],
  } = await world.tome.ns1.prefetch(1, call);
  const {
    tokens: [reference],
  } = await world.tome.ns2.prefetch(1, call);
  if (internal === undefined || reference === undefined) throw new Error('TOME did not return one token of each.');
  await world.sql`
    WITH staged AS (
      INSERT INTO pair (internal_token, card_reference) VALUES (${internal.token}, ${reference.token}) RETURNING id
    )
    INSERT INTO staged_pair (pair_id) SELECT id FROM staged
  `;
  await world.tome.ns2.tokenize(internal.token, null, call);
}

/** The process that created OTHER crashed after it had reserved a pair. */
export async function crashedAfterReserving(world: World): Promise<void> {
  const faults = new PlannedFaults(new Map([[0, 'crash-after']]), world.lateEffects);
  await createAs(startProcess(world, faults.startProcess()), world, OTHER).catch(unlessCrashed);
}

/** The database was restored from a backup that is older than the creation of CARD. */
export async function restoredBackup(world: World): Promise<void> {
  await takeBackup(world);
  await created(world);
  await startProcess(world, noFaults).relay();
  await restoreBackup(world);
}

/**
 * The database was restored from a backup with an open key. The key's reservation held the pool's
 * only pair, which was released and used for CARD after the backup.
 */
export async function restoredWithOpenKey(world: World): Promise<void> {
  await createAs(startProcess(world, backupInsteadOfSending(world)), world, OTHER, OPEN_KEY);
  world.answers.length = 0;
  await created(world);
  await startProcess(world, noFaults).relay();
  await restoreBackup(world);
}

/** Takes the backup at the first call to NS1, and refuses the call before it is sent. */
const backupInsteadOfSending = (world: World): Interceptor => ({
  async around(point, call) {
    if (point.name !== 'tome ns1 tokenize') return call();
    await takeBackup(world);
    throw new TomeUnavailable('The circuit breaker is open.', { attempts: 0 });
  },
});

/**
 * NS1 knows CARD and the database does not, because its creation failed between the namespaces.
 * Then NS1 issued the token of CARD again, and the pool's only pair has it.
 */
export async function tokenIssuedTwice(world: World): Promise<void> {
  const call = outsideCall('a creation that failed');
  await world.tome.ns1.tokenize(CardNumber.parse(CARD), null, call);
  world.simulator.faults.order({ operation: 'prefetch', namespace: 'ns1', kind: 'wrong-token', count: 1 });
  await startProcess(world, noFaults).prefetch(1);
}

/** The process that created OTHER with a key crashed after NS1 had bound it, before mark_used. */
export async function crashedAfterBinding(world: World): Promise<void> {
  const faults = new PlannedFaults(new Map([[1, 'crash-after']]), world.lateEffects);
  await createAs(startProcess(world, faults.startProcess()), world, OTHER, OPEN_KEY).catch(unlessCrashed);
}

const unlessCrashed = (error: unknown): void => {
  if (!(error instanceof Crashed)) throw error;
};
