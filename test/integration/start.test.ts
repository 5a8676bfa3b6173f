import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createTestDatabase } from './test-database.ts';

const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'start-test-'));
  execFileSync('chmod', ['711', path]);
  folders.push(path);
  return path;
}

interface Started {
  readonly child: ChildProcess;
  /** Resolves with everything printed once the text is there, or when the process ends. */
  until(text: string): Promise<string>;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

/** As long as the settings allow, for a machine that is busy with other things. */
const UNHURRIED = {
  REQUEST_DEADLINE_MS: '29000',
  DATABASE_QUERY_TIMEOUT_MS: '60000',
  TOME_ATTEMPT_TIMEOUT_MS: '29000',
} as const;

function start(environment: Record<string, string>): Started {
  const child = spawn(process.execPath, ['scripts/local/start.ts'], {
    env: { ...process.env, ...UNHURRIED, POOL_TARGET_MIN: '30', VITEST: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  const looks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
      for (const look of looks) look();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    // Not `exit`, which may come before the last of the output.
    child.on('close', (code) => resolve({ code, output }));
  });
  const until = (text: string): Promise<string> =>
    Promise.race([
      ended.then((end) => end.output),
      new Promise<string>((resolve) => {
        const look = (): void => {
          if (output.includes(text)) resolve(output);
        };
        looks.add(look);
        look();
      }),
    ]);
  return { child, until, ended };
}

const urlIn = (output: string): string => /ready (http:\S+)/.exec(output)?.[1] ?? `not ready: ${output}`;

async function post(url: string, body: object) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

test('it becomes ready, its pasted commands work, Ctrl-C leaves nothing, and a second start finds its data', async () => {
  const DATA_DIR = folder();
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
  expect(
    execFileSync('bash', ['-c', `ps -eo args | grep -F ${DATA_DIR} | grep -v grep || true`], { encoding: 'utf8' }),
  ).toBe('');

  const second = start({ DATA_DIR, PORT });
  const url = urlIn(await second.until('Ctrl-C stops everything.'));
  expect(await post(`${url}/v1/cards`, { cardNumber: '4111111111111111' })).toEqual({
    status: 200,
    body: JSON.parse(answers[0] ?? ''),
  });
  second.child.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
});

const oneSentence = (output: string): string => {
  expect(output).not.toMatch(/\n\s+at /);
  return output.trim();
};

test('a port in use is said in a sentence', async () => {
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
  ['postgres://nobody@127.0.0.1:1/nothing', 'The database of DATABASE_URL cannot be used'],
  ['not a url', 'DATABASE_URL must be a postgres:// or postgresql:// URL'],
])('a broken DATABASE_URL is said in a sentence (%s)', async (DATABASE_URL, sentence) => {
  const { code, output } = await start({ DATABASE_URL, DATA_DIR: folder(), PORT: '0' }).ended;
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain(sentence);
});

test('a data directory of another version is said in a sentence', async () => {
  const DATA_DIR = folder();
  mkdirSync(join(DATA_DIR, 'postgres'));
  writeFileSync(join(DATA_DIR, 'postgres', 'PG_VERSION'), '14\n');
  const { code, output } = await start({ DATA_DIR, PORT: '0' }).ended;
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain('was made by PostgreSQL 14; this is PostgreSQL 17');
});

test('all faults of the settings are named at once, and nothing is started', async () => {
  const { code, output } = await start({ POOL_TARGET_MIN: 'many', REFERENCE_LUHN: 'maybe', PORT: '0' }).ended;
  expect(code).toBe(1);
  expect(output).toContain('POOL_TARGET_MIN must be a whole number');
  expect(output).toContain('REFERENCE_LUHN must be one of');
  expect(output).not.toContain('PostgreSQL is up');
});

test('another PostgreSQL can be used, and a simulator without its memory is not put before its pairs', async () => {
  const db = await createTestDatabase();
  const DATA_DIR = folder();
  const first = start({ DATABASE_URL: db.url, DATA_DIR, PORT: '0' });
  expect(urlIn(await first.until('Ctrl-C'))).toContain('http://127.0.0.1');
  first.child.kill('SIGINT');
  await first.ended;
  const { code, output } = await start({ DATABASE_URL: db.url, DATA_DIR: folder(), PORT: '0' }).ended;
  await db.drop();
  expect(code).toBe(1);
  expect(oneSentence(output)).toContain('was filled together with a TOME simulator whose journal is not at');
});
