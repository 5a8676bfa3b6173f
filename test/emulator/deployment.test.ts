import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { expect, inject, test } from 'vitest';
import { runCdk, tryCdk } from '../../scripts/emulator/run-cdk.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import type { LedgerSummary } from '../../scripts/simulator/simulator.ts';
import { callsOf } from '../integration/running-stack.ts';
import { DeployedApi } from './deployed-api.ts';
import { type AlarmMessage, EmulatedAccount, type SubscribedQueue } from './emulated-account.ts';
import { inventory } from './inventory.ts';

/*
 * The environment `local` from its deployment to its end, in the order of the tests. What is asked of the product is asked through API
 * Gateway; schedules' targets are started by hand, because nobody waits an hour.
 */
const emulatorDependencies = inject('emulatorDependencies');
const account = new EmulatedAccount(emulatorDependencies.endpointUrl);
const GROUP = 'local-card';
const POOL_LOW = 'local-card-pool-low';

const CARD = madeUpCard(1);
const KEY = 'suite-idempotency-key-1';

const before = await inventory(emulatorDependencies.endpointUrl);
let api: DeployedApi;
let cardEventsUrl: string;
let alarmed: SubscribedQueue;
let reference: string;

const ledger = async (): Promise<LedgerSummary> =>
  (await (await fetch(`${emulatorDependencies.tomeUrl}/_control/ledger`)).json()) as LedgerSummary;
const available = async (): Promise<number> => Number((await api.get('/v1/pool')).body['available']);

/** Asks again until it holds. */
async function eventually<Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await sleep(1_000);
  }
}

/** Has the health job look at the pool until the alarm says so, and tells what the alarm's topic was told meanwhile. */
async function alarmSays(state: 'ALARM' | 'OK'): Promise<readonly AlarmMessage[]> {
  const isTold = ({ AlarmName, NewStateValue }: AlarmMessage): boolean =>
    AlarmName === POOL_LOW && NewStateValue === state;
  const heard: AlarmMessage[] = [];
  await eventually(
    async () => {
      await account.startTargetOf('pool-health', GROUP);
      heard.push(...(await alarmed.take()));
      return account.stateOfAlarm(POOL_LOW);
    },
    (seen) => seen === state && heard.some(isTold),
  );
  return heard.filter(isTold);
}

/** Makes the next migration fail: one that ran before seems to have been edited since. Returns what undoes it. */
async function spoilMigration(): Promise<() => Promise<void>> {
  const sql = postgres(emulatorDependencies.databaseUrl, { max: 1 });
  const [first] = await sql<{ md5: string }[]>`SELECT md5 FROM schema_version WHERE version = 1`;
  const write = (md5: string) => sql`UPDATE schema_version SET md5 = ${md5} WHERE version = 1`;
  await write('edited');
  return async () => {
    await write(first?.md5 ?? '');
    await sql.end();
  };
}

test('the environment deploys, with its database brought up to date on the way', async () => {
  await runCdk(emulatorDependencies, ['deploy', '--require-approval', 'never']);
  const service = await account.outputsOf('local-card-service');
  api = new DeployedApi(emulatorDependencies.endpointUrl, service['ApiUrl'] ?? '');
  cardEventsUrl = service['CardEventsQueueUrl'] ?? '';
  const { AlarmTopicArn = '' } = await account.outputsOf('local-card-observability');
  alarmed = await account.subscribedQueue(AlarmTopicArn);

  const sql = postgres(emulatorDependencies.databaseUrl, { max: 1 });
  const [pairs] = await sql`SELECT count(*)::int AS count FROM pair`;
  const roles = await sql`SELECT rolname FROM pg_roles WHERE rolname IN ('create_card', 'detokenize', 'prefetch')`;
  await sql.end();
  expect(pairs).toEqual({ count: 0 });
  expect(roles).toHaveLength(3);
});

test('what the hourly schedule starts fills the pool', async () => {
  expect(await available()).toBe(0);
  expect(await account.startTargetOf('prefetch', GROUP)).toMatchObject({ outcome: 'full' });
  expect(await available()).toBe(20);
});

test('a card is created by a signed request, with one call to TOME', async () => {
  const earlier = callsOf(await ledger(), 'ns1', 'tokenize');
  const created = await api.post('/v1/cards', { cardNumber: CARD }, { 'idempotency-key': KEY });
  expect([created.status, created.body]).toEqual([201, { cardReferenceId: expect.stringMatching(/^\d{16}$/) }]);
  reference = String(created.body['cardReferenceId']);
  const calls = await ledger();
  expect(callsOf(calls, 'ns1', 'tokenize') - earlier).toBe(1);
  expect(callsOf(calls, 'ns2', 'tokenize')).toBe(0);
});

test('the same creation with the same key gives the same reference and takes no further pair', async () => {
  const left = await available();
  const again = await api.post('/v1/cards', { cardNumber: CARD }, { 'idempotency-key': KEY });
  expect([again.status, again.body]).toEqual([201, { cardReferenceId: reference }]);
  expect(await available()).toBe(left);
});

test('the card is found by its number and its number by the reference', async () => {
  const found = await api.post('/v1/cards/lookup', { cardNumber: CARD });
  expect([found.status, found.body]).toEqual([200, { cardReferenceId: reference }]);
  const seen = await api.post('/v1/references/detokenize', { cardReferenceId: reference });
  expect([seen.status, seen.body]).toEqual([200, { cardNumber: CARD }]);
});

test('looking up or tokenizing gives a known card its reference and a new one its first', async () => {
  const known = await api.post('/v1/cards/lookup-or-tokenize', { cardNumber: CARD });
  expect([known.status, known.body]).toEqual([200, { cardReferenceId: reference }]);
  const first = await api.post('/v1/cards/lookup-or-tokenize', { cardNumber: madeUpCard(2) });
  expect(first.status).toBe(201);
  expect(first.body['cardReferenceId']).not.toBe(reference);
});

test.each([
  ['/v1/cards', { cardNumber: CARD }],
  ['/v1/references/detokenize', { cardReferenceId: '2000000000000000' }],
])('a request to %s without a signature is refused', async (path, body) => {
  const refused = await api.postUnsigned(path, body);
  expect(refused.status).toBe(403);
  expect(refused.text).not.toContain(CARD);
});

test('a body that lacks its field is refused with the name of the field and nothing that was sent', async () => {
  const refused = await api.post('/v1/cards', { number: CARD });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ code: 'invalid-input', detail: expect.stringContaining('cardNumber') });
  expect(refused.text).not.toContain(CARD);
});

test("a card-created event for each new reference arrives in TSYS's queue, without a card number", async () => {
  await account.startTargetOf('relay-events', GROUP);
  const events: string[] = [];
  await eventually(
    async () => events.push(...(await account.takeMessages(cardEventsUrl))),
    (count) => count >= 2,
  );
  expect(events).toHaveLength(2);
  expect(events.map((event) => JSON.parse(event))).toContainEqual(
    expect.objectContaining({ cardReferenceId: reference }),
  );
  expect(events.join()).not.toContain(CARD);
});

test('a low pool rings the alarm, which a queue on its topic hears of, and is refilled at once', async () => {
  for (let serial = 100; (await available()) >= 4; serial += 1) {
    expect((await api.post('/v1/cards', { cardNumber: madeUpCard(serial) })).status).toBe(201);
  }
  expect(await alarmSays('ALARM')).not.toEqual([]);
  expect(await eventually(available, (count) => count >= 20)).toBeGreaterThanOrEqual(20);
});

test('no function has logged a card number, and each number that was shown has its audit record', async () => {
  const disclosuresIn = (logs: string): readonly string[] =>
    logs.split('\n').filter((line) => line.includes('audit') && line.includes(reference));
  // An emulator takes a line that came late only when its function runs again; a refused request makes it run and shows nothing.
  const logs = await eventually(
    async () => {
      await api.post('/v1/references/detokenize', {});
      return account.logsOf(GROUP);
    },
    (written) => disclosuresIn(written).length > 0,
  );
  expect(logs).toContain('"operation":"create-card"');
  expect(disclosuresIn(logs)).toHaveLength(1);
  for (const serial of [1, 2, 100]) expect(logs).not.toContain(madeUpCard(serial));
});

test('migrating once more changes nothing', async () => {
  expect(await account.invoke('local-card-migrate')).toMatchObject({ applied: [], functionsInstalled: false });
});

test('a job that fails while nobody waits leaves its event in the dead letters', async () => {
  const mend = await spoilMigration();
  await account.start('local-card-migrate', { asked: 'by nobody who waits' });
  const deadLettersUrl = await account.urlOfQueue('local-card-dead-letters');
  const letters = await eventually(
    () => account.takeMessages(deadLettersUrl),
    ({ length }) => length > 0,
  );
  await mend();
  expect(letters.join()).toContain('by nobody who waits');
});

test('what is deployed is what the code says', async () => {
  const { output } = await runCdk(emulatorDependencies, ['diff']);
  expect(output).toContain('Number of stacks with differences: 0');
});

test('the alarm clears once the pool is filled, and says so', async () => {
  expect(await alarmSays('OK')).not.toEqual([]);
});

test('destroying the environment leaves nothing behind', async () => {
  await alarmed.remove();
  await runCdk(emulatorDependencies, ['destroy', '--force']);
  expect(await inventory(emulatorDependencies.endpointUrl)).toEqual(before);
});

test('a migration that fails ends the deployment and leaves nothing of it', async () => {
  const mend = await spoilMigration();
  const { code, output } = await tryCdk(emulatorDependencies, ['deploy', '--require-approval', 'never']);
  await mend();
  expect(code).not.toBe(0);
  expect(output).toMatch(/CREATE_FAILED +\| Custom::Trigger/);
  const left = await inventory(emulatorDependencies.endpointUrl);
  expect(left.filter((thing) => /^(function|api|schedule) /.test(thing))).toEqual([]);
});
