import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { InvalidInput } from '../../lambdas/tokenization/errors.ts';
import { TomeOutcomeUnknown } from '../../lambdas/tokenization/tome-errors.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { type ProcessUnderTest, startProcess } from '../faults/harness/process-under-test.ts';
import { createAs } from '../faults/harness/recorded-client.ts';
import { createWorld, type World } from '../faults/harness/world.ts';
import { checkWorld } from '../faults/trials/recover-and-check.ts';

const CARD = madeUpCard(1);

let world: World;
let product: ProcessUnderTest;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leaked-texts-'));
  world = await createWorld(inject('postgresUrl'), 1);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

beforeEach(async () => {
  await world.reset();
  product = startProcess(world, noFaults);
  await product.prefetch(3);
  await createAs(product, world, CARD);
  await product.relay();
  expect(await checkWorld(world, false)).toEqual([]);
});

const boundToken = (): string => world.simulator.vaults.ns1.bindings()[0]?.[1] ?? '';
const violated = async () => new Set((await checkWorld(world, false)).map(({ invariant }) => invariant.slice(0, 3)));

/** A TOME whose answer to the creation of a card is lost, with this text in the error. */
const failingWith = (text: string): World => ({
  ...world,
  tome: {
    ...world.tome,
    ns1: {
      ...world.tome.ns1,
      tokenize: () => Promise.reject(new TomeOutcomeUnknown(text, { attempts: 1 })),
    },
  },
});

test.each([
  ['a card number', () => CARD],
  ['the internal token of a card', boundToken],
  ['an internal token that no card has', () => world.simulator.vaults.ns1.issuedTokens().at(-1)?.token ?? ''],
])('a trial finds %s in a report and in an error that the product logs', async (_what, textOf) => {
  await createAs(startProcess(failingWith(`NS1 gave no answer about ${textOf()}.`), noFaults), world, madeUpCard(2));
  expect(world.output.filter((line) => line.includes(textOf()))).toHaveLength(2);
  // Without the answer, in which the error is too.
  world.answers.length = 1;
  expect([...(await violated())]).toEqual(['I11']);
});

test('a trial finds an internal token in the error of a job', async () => {
  const failing: World = {
    ...world,
    tome: {
      ...world.tome,
      ns1: {
        ...world.tome.ns1,
        prefetch: () => Promise.reject(new InvalidInput('token', `must not be ${boundToken()}`)),
      },
    },
  };
  await expect(startProcess(failing, noFaults).prefetch(10)).rejects.toThrow(InvalidInput);
  expect([...(await violated())]).toEqual(['I11']);
});

test('a trial finds an internal token in any field of an event', async () => {
  const [event] = world.events;
  if (event === undefined) throw new Error('The relay sent no event.');
  world.events[0] = { ...event, note: `bound to ${boundToken()}` };
  expect([...(await violated())]).toEqual(['I11']);
});

test('npm run invariants finds an internal token in any field of an event', async () => {
  const [{ name } = { name: '' }] = await world.sql<{ name: string }[]>`SELECT current_database() AS name`;
  const database = inject('postgresUrl').replace(/[^/]+$/, name);
  const check = (...events: readonly object[]): Promise<string> => {
    const file = join(folder, 'events.jsonl');
    writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    const options = ['--database', database, '--tome', world.simulator.url, '--events', file];
    return new Promise((done) => {
      execFile(process.execPath, ['test/faults/checker/main.ts', ...options], (_error, out) => done(out));
    });
  };
  expect(await check(...world.events)).toMatch(/^\{.*"violations":0\}\n$/);
  expect(await check({ ...world.events[0], note: boundToken() })).toMatch(/^I11.*an internal token is in a log/);
});
