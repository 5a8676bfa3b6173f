import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { expect, inject, test } from 'vitest';
import type { CheckResult } from '../../scripts/cli/verify/verify-deployment.ts';
import { runCdk, tryCdk } from '../../scripts/emulator/run-cdk.ts';
import { EMULATOR_CREDENTIALS } from '../../scripts/emulator/signed-call.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import type { LedgerSummary } from '../../scripts/simulator/ledger.ts';
import { callsOf } from '../integration/running-stack.ts';
import { DeployedApi } from './deployed-api.ts';
import { type AlarmMessage, EmulatedAccount, type SubscribedQueue } from './emulated-account.ts';
import { inventory } from './inventory.ts';

/*
 * The environment `local` from its deployment to its deletion, in the order of the tests. All
 * requests pass through API Gateway. The tests invoke the targets of the schedules themselves,
 * because prefetch runs only once an hour.
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
let alarmQueue: SubscribedQueue;
let reference: string;

const ledger = async (): Promise<LedgerSummary> =>
  (await (await fetch(`${emulatorDependencies.tomeUrl}/_control/ledger`)).json()) as LedgerSummary;
const available = async (): Promise<number> => Number((await api.get('/v1/pool')).body['available']);

/** Repeats a request until its result satisfies the condition. */
async function eventually<Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await sleep(1_000);
  }
}

/**
 * Runs the health job until the alarm pool-low is in the given state and its topic has published
 * that. Returns the published messages.
 */
async function alarmMessages(state: 'ALARM' | 'OK'): Promise<readonly AlarmMessage[]> {
  const isExpected = ({ AlarmName, NewStateValue }: AlarmMessage): boolean =>
    AlarmName === POOL_LOW && NewStateValue === state;
  const received: AlarmMessage[] = [];
  await eventually(
    async () => {
      await account.startTargetOf('pool-health', GROUP);
      received.push(...(await alarmQueue.take()));
      return account.stateOfAlarm(POOL_LOW);
    },
    (seen) => seen === state && received.some(isExpected),
  );
  return received.filter(isExpected);
}

/**
 * Makes the next migration fail: changes the stored hash of the first migration, as if its file had
 * been edited. Returns a function that restores the hash.
 */
async function corruptMigrationHash(): Promise<() => Promise<void>> {
  const sql = postgres(emulatorDependencies.databaseUrl, { max: 1 });
  const [first] = await sql<{ md5: string }[]>`SELECT md5 FROM schema_version WHERE version = 1`;
  const write = (md5: string) => sql`UPDATE schema_version SET md5 = ${md5} WHERE version = 1`;
  await write('edited');
  return async () => {
    await write(first?.md5 ?? '');
    await sql.end();
  };
}

test('a deployment of the environment migrates its database', async () => {
  await runCdk(emulatorDependencies, ['deploy', '--require-approval', 'never']);
  const service = await account.outputsOf('local-card-service');
  api = new DeployedApi(emulatorDependencies.endpointUrl, service['ApiUrl'] ?? '');
  cardEventsUrl = service['CardEventsQueueUrl'] ?? '';
  const { DayTopicArn = '' } = await account.outputsOf('local-card-observability');
  alarmQueue = await account.subscribedQueue(DayTopicArn);

  const sql = postgres(emulatorDependencies.databaseUrl, { max: 1 });
  const [pairs] = await sql`SELECT count(*)::int AS count FROM pair`;
  const roles = await sql`SELECT rolname FROM pg_roles WHERE rolname IN ('create_card', 'detokenize', 'prefetch')`;
  await sql.end();
  expect(pairs).toEqual({ count: 0 });
  expect(roles).toHaveLength(3);
});

test('the target of the hourly schedule fills the pool', async () => {
  expect(await available()).toBe(0);
  expect(await account.startTargetOf('prefetch', GROUP)).toMatchObject({ outcome: 'full' });
  expect(await available()).toBe(20);
});

test('a signed request creates a card with one call to TOME', async () => {
  const earlier = callsOf(await ledger(), 'ns1', 'tokenize');
  const created = await api.post('/v1/cards', { cardNumber: CARD }, { 'idempotency-key': KEY });
  expect([created.status, created.body]).toEqual([201, { cardReferenceId: expect.stringMatching(/^\d{16}$/) }]);
  reference = String(created.body['cardReferenceId']);
  const calls = await ledger();
  expect(callsOf(calls, 'ns1', 'tokenize') - earlier).toBe(1);
  expect(callsOf(calls, 'ns2', 'tokenize')).toBe(0);
});

test('a creation repeated with its key returns the same reference and uses no second pair', async () => {
  const left = await available();
  const again = await api.post('/v1/cards', { cardNumber: CARD }, { 'idempotency-key': KEY });
  expect([again.status, again.body]).toEqual([201, { cardReferenceId: reference }]);
  expect(await available()).toBe(left);
});

test('lookup returns the reference of a card number, and detokenize returns the card number', async () => {
  const found = await api.post('/v1/cards/lookup', { cardNumber: CARD });
  expect([found.status, found.body]).toEqual([200, { cardReferenceId: reference }]);
  const seen = await api.post('/v1/references/detokenize', { cardReferenceId: reference });
  expect([seen.status, seen.body]).toEqual([200, { cardNumber: CARD }]);
});

test('lookup-or-tokenize returns the reference of a known card and creates one for a new card', async () => {
  const known = await api.post('/v1/cards/lookup-or-tokenize', { cardNumber: CARD });
  expect([known.status, known.body]).toEqual([200, { cardReferenceId: reference }]);
  const first = await api.post('/v1/cards/lookup-or-tokenize', { cardNumber: madeUpCard(2) });
  expect(first.status).toBe(201);
  expect(first.body['cardReferenceId']).not.toBe(reference);
});

test.each([
  ['/v1/cards', { cardNumber: CARD }],
  ['/v1/references/detokenize', { cardReferenceId: '2000000000000000' }],
])('API Gateway refuses a request to %s without a signature', async (path, body) => {
  const refused = await api.postUnsigned(path, body);
  expect(refused.status).toBe(403);
  expect(refused.text).not.toContain(CARD);
});

test('the answer to a request without its field names the field and quotes nothing', async () => {
  const refused = await api.post('/v1/cards', { number: CARD });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ code: 'invalid-input', detail: expect.stringContaining('cardNumber') });
  expect(refused.text).not.toContain(CARD);
});

test("TSYS's queue receives one card-created event for each new reference, without a card number", async () => {
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

test('npm run verify passes every check that an emulator can show, and prints no card number', async () => {
  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL: emulatorDependencies.endpointUrl,
    AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
  };
  const args = ['scripts/cli/verify/main.ts', '--env', 'local', '--serial', '500', '--wait', '10', '--json'];
  // Rejects when the exit code is not 0.
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment });
  const { results } = JSON.parse(stdout) as { readonly results: readonly CheckResult[] };
  const notShown = new Set(['alarms.recipients', 'calls.create', 'calls.lookup', 'calls.detokenize']);
  // The emulator can collect the audit record too late.
  const tried = results.filter(({ id }) => !notShown.has(id) && id !== 'logs.audit');
  expect(tried.map(({ id, result }) => [id, result])).toEqual(tried.map(({ id }) => [id, 'passed']));
  expect(tried.length).toBeGreaterThanOrEqual(9);
  expect(stdout).not.toContain('400000');
});

test('a low pool raises the alarm, the topic publishes it, and the pool is refilled', async () => {
  for (let serial = 100; (await available()) >= 4; serial += 1) {
    expect((await api.post('/v1/cards', { cardNumber: madeUpCard(serial) })).status).toBe(201);
  }
  expect(await alarmMessages('ALARM')).not.toEqual([]);
  expect(await eventually(available, (count) => count >= 20)).toBeGreaterThanOrEqual(20);
});

test('no function logs a card number, and each detokenized card has one audit record', async () => {
  const disclosuresIn = (logs: string): readonly string[] =>
    logs.split('\n').filter((line) => line.includes('audit') && line.includes(reference));
  // The emulator collects a late log line only when its function runs again. A refused request
  // runs the function and discloses nothing.
  const logs = await eventually(
    async () => {
      await api.post('/v1/references/detokenize', {});
      return account.logsOf(GROUP);
    },
    (lines) => disclosuresIn(lines).length > 0,
  );
  expect(logs).toContain('"operation":"create-card"');
  expect(disclosuresIn(logs)).toHaveLength(1);
  for (const serial of [1, 2, 100]) expect(logs).not.toContain(madeUpCard(serial));
});

test('a second migration changes nothing', async () => {
  expect(await account.invoke('local-card-migrate')).toMatchObject({ applied: [], functionsInstalled: false });
});

test('a job that fails after an asynchronous start leaves its event in the dead-letter queue', async () => {
  const restore = await corruptMigrationHash();
  await account.start('local-card-migrate', { marker: 'asynchronous start' });
  const deadLettersUrl = await account.urlOfQueue('local-card-dead-letters');
  const letters = await eventually(
    () => account.takeMessages(deadLettersUrl),
    ({ length }) => length > 0,
  );
  await restore();
  expect(letters.join()).toContain('asynchronous start');
});

test('cdk diff finds no difference between the deployment and the code', async () => {
  const { output } = await runCdk(emulatorDependencies, ['diff']);
  expect(output).toContain('Number of stacks with differences: 0');
});

test('when the pool is filled, the alarm clears and the topic publishes it', async () => {
  expect(await alarmMessages('OK')).not.toEqual([]);
});

test('cdk destroy removes every resource of the environment', async () => {
  await alarmQueue.remove();
  await runCdk(emulatorDependencies, ['destroy', '--force']);
  expect(await inventory(emulatorDependencies.endpointUrl)).toEqual(before);
});

test('when the migration fails, the deployment fails and creates no function, API or schedule', async () => {
  const restore = await corruptMigrationHash();
  const { code, output } = await tryCdk(emulatorDependencies, ['deploy', '--require-approval', 'never']);
  await restore();
  expect(code).not.toBe(0);
  expect(output).toMatch(/CREATE_FAILED +\| Custom::Migration/);
  const left = await inventory(emulatorDependencies.endpointUrl);
  expect(left.filter((resource) => /^(function|api|schedule) /.test(resource))).toEqual([]);
});
