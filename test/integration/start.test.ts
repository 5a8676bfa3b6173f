import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { passesLuhn } from '../../lambdas/tokenization/model/luhn.ts';
import { cleanUp, newFolder, post, processesOf, start, urlIn } from './started-stack.ts';
import { createTestDatabase } from './test-database.ts';

afterEach(cleanUp);

test('npm start prints commands that work, ends on Ctrl-C without a process left, and finds its data again', async () => {
  const DATA_DIR = newFolder();
  const PORT = '0';
  const first = start({ DATA_DIR, PORT });
  const output = await first.until('Ctrl-C stops everything.');
  expect(output).toContain('first prefetch: 30 of 30 pairs are ready');
  const commands = output.split('\n').filter((line) => line.startsWith('  curl'));
  expect(commands).toHaveLength(3);
  const answers = commands.map((command) => execFileSync('bash', ['-c', command], { encoding: 'utf8' }));
  expect(answers[0]).toMatch(/^\{"cardReferenceId":"\d{16}"\}$/);
  expect(answers[1]).toBe('{"cardNumber":"4111111111111111"}');
  expect(JSON.parse(answers[2] ?? '')).toMatchObject({ available: 29, used: 1 });

  first.child.kill('SIGINT');
  expect((await first.ended).code).toBe(0);
  expect(processesOf(DATA_DIR)).toEqual([]);

  const second = start({ DATA_DIR, PORT });
  const url = urlIn(await second.until('Ctrl-C stops everything.'));
  expect(await post(`${url}/v1/cards`, { cardNumber: '4111111111111111' })).toEqual({
    status: 200,
    body: JSON.parse(answers[0] ?? ''),
  });
  second.child.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
});

test('npm start of the domain program prints commands that create and read an account', async () => {
  const stack = start({ DATA_DIR: newFolder(), PORT: '0', PRODUCER_DOMAIN: 'program' });
  const output = await stack.until('Ctrl-C stops everything.');
  const commands = output.split('\n').filter((line) => line.startsWith('  curl'));
  const answers = commands.map((command) => execFileSync('bash', ['-c', command], { encoding: 'utf8' }));
  expect(answers[0]).toMatch(/^\{"accountReferenceId":"\d{16}"\}$/);
  const { accountNumber } = JSON.parse(answers[1] ?? '') as { accountNumber: string };
  expect(accountNumber).toMatch(/^0\d{13}$/);
  expect(passesLuhn(accountNumber)).toBe(false);
  expect(output).toContain(
    `/v1/accounts -H 'Content-Type: application/json' -d '{"accountNumber":"${accountNumber}"}'`,
  );
  stack.child.kill('SIGTERM');
  expect((await stack.ended).code).toBe(0);
});

test('npm start with account numbers of an impossible length ends with a sentence about it', async () => {
  const settings = { PRODUCER_DOMAIN: 'program', SOURCE_LENGTHS: '4-8' };
  const { code, output } = await start({ DATA_DIR: newFolder(), PORT: '0', ...settings }).ended;
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain('SOURCE_LENGTHS must be lengths from 8 to 19');
});

const oneSentence = (output: string): string => {
  expect(output).not.toMatch(/\n\s+at /);
  return output.trim();
};

test('npm start on a port in use ends with a sentence about it', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  const { code, output } = await start({ PORT: String(port) }).ended;
  server.close();
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain(`Port ${port} is in use.`);
});

test.each([
  ['postgres://user@127.0.0.1:1/nothing', 'The database of DATABASE_URL cannot be used'],
  ['not a url', 'DATABASE_URL must be a postgres:// or postgresql:// URL'],
])('npm start with the unusable DATABASE_URL %s ends with a sentence about it', async (DATABASE_URL, sentence) => {
  const { code, output } = await start({ DATABASE_URL, DATA_DIR: newFolder(), PORT: '0' }).ended;
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain(sentence);
});

test('npm start with a data directory of PostgreSQL 14 ends with a sentence about both versions', async () => {
  const DATA_DIR = newFolder();
  mkdirSync(join(DATA_DIR, 'postgres'));
  writeFileSync(join(DATA_DIR, 'postgres', 'PG_VERSION'), '14\n');
  const { code, output } = await start({ DATA_DIR, PORT: '0' }).ended;
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain('was made by PostgreSQL 14; this is PostgreSQL 17');
});

test('npm start with two invalid settings names both and starts no database', async () => {
  const { code, output } = await start({ POOL_TARGET_MIN: 'many', REFERENCE_LUHN: 'maybe', PORT: '0' }).ended;
  expect(code).toBe(1);
  expect(output).toContain('POOL_TARGET_MIN must be a whole number');
  expect(output).toContain('REFERENCE_LUHN must be one of');
  expect(output).not.toContain('PostgreSQL is up');
});

test('npm start with a wrong TOME_PROFILE names each of its faults and starts nothing', async () => {
  const TOME_PROFILE = join(newFolder(), 'tome.json');
  const token = { alphabet: 'digits', shortest: 16, longest: 16 };
  const profile = {
    name: 'wrong',
    namespaces: { ns1: { name: 'same', token }, ns2: { name: 'same', token } },
    limits: { callsPerSecond: 250, scope: 'endpoint', tokensPerPrefetch: 5_000 },
  };
  writeFileSync(TOME_PROFILE, JSON.stringify(profile));
  const { code, output } = await start({ TOME_PROFILE, PORT: '0' }).ended;
  expect(code).toBe(1);
  expect(output).toContain('TOME_PROFILE namespaces.ns1 and namespaces.ns2 have the same address');
  expect(output).toContain('TOME_PROFILE namespaces.ns1.token can look like a card number');
  expect(output).not.toContain('PostgreSQL is up');
});

test('npm start uses the database of DATABASE_URL, and refuses one whose pairs its simulator does not know', async () => {
  const db = await createTestDatabase();
  const DATA_DIR = newFolder();
  const first = start({ DATABASE_URL: db.url, DATA_DIR, PORT: '0' });
  expect(urlIn(await first.until('Ctrl-C'))).toContain('http://127.0.0.1');
  first.child.kill('SIGINT');
  await first.ended;
  const { code, output } = await start({ DATABASE_URL: db.url, DATA_DIR: newFolder(), PORT: '0' }).ended;
  await db.drop();
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain('was filled together with a TOME simulator whose journal is not at');
});
