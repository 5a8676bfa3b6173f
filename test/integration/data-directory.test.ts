import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { takeOwnership } from '../../scripts/local/owner-lock.ts';
import { cleanUp, eventually, newFolder, post, processesOf, start, urlIn } from './started-stack.ts';

afterEach(cleanUp);

const READY = 'Ctrl-C stops everything.';
const CARD = '4111111111111111';
const OTHER_CARD = '5555555555554444';
const isRoot = process.getuid?.() === 0;

const create = async (url: string, cardNumber: string) => (await post(`${url}/v1/cards`, { cardNumber })).body;

describe('npm start with an unusable data directory says in one sentence what to do', () => {
  const cases: readonly (readonly [what: string, prepare: (folder: string) => string, sentence: RegExp])[] = [
    [
      'when it is a file',
      (folder) => {
        writeFileSync(join(folder, 'file'), '');
        return join(folder, 'file');
      },
      /it is a file, or is below one\. Set DATA_DIR to a folder\./,
    ],
    [
      'when it is below a file',
      (folder) => {
        writeFileSync(join(folder, 'file'), '');
        return join(folder, 'file', 'data');
      },
      /it is a file, or is below one\. Set DATA_DIR to a folder\./,
    ],
    [
      'when its database folder is a file',
      (folder) => {
        writeFileSync(join(folder, 'postgres'), '');
        return folder;
      },
      /postgres is a file; the database needs a folder there\. Use another DATA_DIR\./,
    ],
    [
      'when the creation of its database was interrupted',
      (folder) => {
        mkdirSync(join(folder, 'postgres'), { mode: 0o700 });
        writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '17\n');
        return folder;
      },
      /is incomplete: PostgreSQL was interrupted while it made it\. Remove it and start again\./,
    ],
    [
      'when its database folder contains other files',
      (folder) => {
        mkdirSync(join(folder, 'postgres'));
        writeFileSync(join(folder, 'postgres', 'notes.txt'), '');
        return folder;
      },
      /holds files that are not PostgreSQL data\. Use another DATA_DIR\./,
    ],
    [
      'when another process uses it',
      (folder) => {
        takeOwnership(join(folder, 'owner.json'), folder);
        return folder;
      },
      new RegExp(`is in use by process ${process.pid}\\. Stop that process, or use another DATA_DIR\\.`),
    ],
  ];
  test.each(cases)('%s', async (_what, prepare, sentence) => {
    const { code, output } = await start({ DATA_DIR: prepare(newFolder()) }).ended;
    expect(output.trim()).toMatch(sentence);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  test.runIf(isRoot)('when only root may enter it, and when its database belongs to another user', async () => {
    const closed = newFolder();
    chmodSync(closed, 0o700);
    const first = await start({ DATA_DIR: join(closed, 'data') }).ended;
    expect(first.output).toMatch(
      /^PostgreSQL refuses to run as root, and the user postgres may not enter .*chmod o\+x /,
    );

    const foreign = newFolder();
    const database = join(foreign, 'postgres');
    mkdirSync(join(database, 'global'), { recursive: true });
    for (const [file, text] of [
      ['PG_VERSION', '17\n'],
      ['global/pg_control', ''],
    ] as const) {
      writeFileSync(join(database, file), text);
    }
    chownSync(database, 12_345, 12_345);
    const second = await start({ DATA_DIR: foreign }).ended;
    expect(second.output).toMatch(/belongs to the user with number 12345, .* Start as the owner of the directory/);
    expect([first.code, second.code]).toEqual([1, 1]);
  });
});

describe('npm start with the data directory of a killed process', () => {
  test.each(['PostgreSQL is up', 'the schema is up to date', READY])(
    'finds the data of a process that was killed after "%s"',
    async (phase) => {
      const DATA_DIR = newFolder();
      const killed = start({ DATA_DIR });
      const output = await killed.until(phase);
      const reference = phase === READY ? await create(urlIn(output), CARD) : null;
      killed.child.kill('SIGKILL');
      await killed.ended;
      const next = start({ DATA_DIR });
      const url = urlIn(await next.until(READY));
      const answered = await create(url, CARD);
      if (reference !== null) expect(answered).toEqual(reference);
      expect(answered['cardReferenceId']).toMatch(/^\d{16}$/);
      next.child.kill('SIGINT');
      expect((await next.ended).code).toBe(0);
      expect(processesOf(DATA_DIR)).toEqual([]);
    },
  );

  test('stops the database server that still runs, and returns the same reference as before the kill', async () => {
    const DATA_DIR = newFolder();
    const killed = start({ DATA_DIR });
    const reference = await create(urlIn(await killed.until(READY)), CARD);
    const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    const runner = lines.find((line) => line.includes('database-process') && line.includes(DATA_DIR)) ?? '';
    killed.child.kill('SIGKILL');
    process.kill(Number.parseInt(runner, 10), 'SIGKILL');
    await killed.ended;
    expect(existsSync(join(DATA_DIR, 'postgres', 'postmaster.pid'))).toBe(true);
    const next = start({ DATA_DIR });
    const output = await next.until(READY);
    expect(output).toContain('stopping the PostgreSQL that a killed process left');
    expect(await create(urlIn(output), CARD)).toEqual(reference);
  });

  test('ignores a lock file whose process id belongs to another program now', async () => {
    const DATA_DIR = newFolder();
    const first = start({ DATA_DIR });
    await first.until(READY);
    first.child.kill('SIGINT');
    await first.ended;
    writeFileSync(join(DATA_DIR, 'postgres', 'postmaster.pid'), `${process.pid}\n${join(DATA_DIR, 'postgres')}\n`);
    expect(urlIn(await start({ DATA_DIR }).until(READY))).toMatch(/^http:/);
  });

  test('still has the events that the queue accepted before the kill', async () => {
    const DATA_DIR = newFolder();
    const killed = start({ DATA_DIR });
    const url = urlIn(await killed.until(READY));
    const { cardReferenceId } = await create(url, CARD);
    const events = async (base: string) =>
      (await (await fetch(`${base}/_local/events`)).json()) as { cardReferenceId: string }[];
    await eventually(async () => (await events(url)).length === 1);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = urlIn(await start({ DATA_DIR }).until(READY));
    expect((await events(next)).map((event) => event.cardReferenceId)).toContain(cardReferenceId);
  });
});

test('when the database server ends by itself, npm start reports it in a sentence and ends with 1', async () => {
  const DATA_DIR = newFolder();
  const { until, ended } = start({ DATA_DIR });
  await until(READY);
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const server = lines.find((line) => line.includes('postgres -D') && line.includes(DATA_DIR)) ?? '';
  process.kill(Number.parseInt(server, 10), 'SIGQUIT');
  const { code, output } = await ended;
  expect(output).toContain('PostgreSQL ended by itself');
  expect(output).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
});

test('npm start --fence-first withdraws all restored pairs and still finds a reference made after the backup', async () => {
  const DATA_DIR = newFolder();
  const database = join(DATA_DIR, 'postgres');
  const stop = async (started: ReturnType<typeof start>): Promise<void> => {
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(0);
  };
  const first = start({ DATA_DIR });
  await first.until(READY);
  await stop(first);
  // cp -a keeps the owner of the files, because the server must run as that user.
  execFileSync('cp', ['-a', database, `${database}.backup`]);

  const second = start({ DATA_DIR });
  const given = await create(urlIn(await second.until(READY)), CARD);
  await stop(second);
  rmSync(database, { recursive: true });
  renameSync(`${database}.backup`, database);

  const restored = start({ DATA_DIR }, '--fence-first');
  const output = await restored.until(READY);
  expect(output.indexOf('the fence is up')).toBeLessThan(output.indexOf('first prefetch'));
  const url = urlIn(output);
  const pool = (await (await fetch(`${url}/v1/pool`)).json()) as Record<string, number>;
  expect(pool).toMatchObject({ quarantined: 30, available: 30 });
  expect((await post(`${url}/v1/cards/lookup`, { cardNumber: CARD })).body).toEqual(given);
  expect((await create(url, OTHER_CARD))['cardReferenceId']).not.toBe(given['cardReferenceId']);
});
