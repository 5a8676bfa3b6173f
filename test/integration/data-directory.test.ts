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

describe('a start with a data directory that cannot be used says in one sentence what to do', () => {
  const cases: readonly (readonly [what: string, prepare: (folder: string) => string, sentence: RegExp])[] = [
    [
      'a file',
      (folder) => {
        writeFileSync(join(folder, 'file'), '');
        return join(folder, 'file');
      },
      /it is a file, or is below one\. Set DATA_DIR to a folder\./,
    ],
    [
      'below a file',
      (folder) => {
        writeFileSync(join(folder, 'file'), '');
        return join(folder, 'file', 'data');
      },
      /it is a file, or is below one\. Set DATA_DIR to a folder\./,
    ],
    [
      'a database that is a file',
      (folder) => {
        writeFileSync(join(folder, 'postgres'), '');
        return folder;
      },
      /postgres is a file; the database needs a folder there\. Use another DATA_DIR\./,
    ],
    [
      'a database that was interrupted while it was made',
      (folder) => {
        mkdirSync(join(folder, 'postgres'), { mode: 0o700 });
        writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '17\n');
        return folder;
      },
      /is incomplete: PostgreSQL was interrupted while it made it\. Remove it and start again\./,
    ],
    [
      'files that are no database',
      (folder) => {
        mkdirSync(join(folder, 'postgres'));
        writeFileSync(join(folder, 'postgres', 'notes.txt'), '');
        return folder;
      },
      /holds files that are not PostgreSQL data\. Use another DATA_DIR\./,
    ],
    [
      "another process's folder",
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

  test.runIf(isRoot)("a folder that only root may enter, and another user's database", async () => {
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

describe('a start with DATA_DIR after a kill', () => {
  test.each(['PostgreSQL is up', 'the schema is up to date', READY])(
    'finds its data when the process was killed after "%s"',
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

  test('stops a database server that outlived the process and its runner, and serves what it had answered', async () => {
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

  test('ignores a lock file whose process number belongs to another program by now', async () => {
    const DATA_DIR = newFolder();
    const first = start({ DATA_DIR });
    await first.until(READY);
    first.child.kill('SIGINT');
    await first.ended;
    writeFileSync(join(DATA_DIR, 'postgres', 'postmaster.pid'), `${process.pid}\n${join(DATA_DIR, 'postgres')}\n`);
    expect(urlIn(await start({ DATA_DIR }).until(READY))).toMatch(/^http:/);
  });

  test('shows the events that the queue had accepted', async () => {
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

test('a database that ends by itself is reported in a sentence, and the rest ends in order', async () => {
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

test('with --fence-first no pair of a restored database is offered again, and what was given out since is still found', async () => {
  const DATA_DIR = newFolder();
  const database = join(DATA_DIR, 'postgres');
  const stop = async (started: ReturnType<typeof start>): Promise<void> => {
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(0);
  };
  const first = start({ DATA_DIR });
  await first.until(READY);
  await stop(first);
  // cp keeps the files' owner, whom the server runs as.
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
