import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanUp, eventually, filesIn, newFolder, processesOf, type Started, start } from './started-stack.ts';

afterEach(cleanUp);

/** Lines that `npm start` prints on its way, in their order. */
const PHASES = [
  'PostgreSQL is up',
  'the TOME simulator is up',
  'the schema is up to date',
  'first prefetch: ',
  'Ctrl-C stops everything.',
];

/** A program that was ready ends in order; before that its code names the signal. It may have become ready before the signal came. */
const endedBy = (output: string, codeOfSignal: number): number =>
  output.includes('Ctrl-C stops everything.') ? 0 : codeOfSignal;

/** With no DATA_DIR everything is temporary, so everything must be gone. */
function startTemporary(pairs = 30): { readonly started: Started; readonly TMPDIR: string } {
  const TMPDIR = newFolder();
  return { started: start({ TMPDIR, POOL_TARGET_MIN: String(pairs) }), TMPDIR };
}

/** A pool that takes a while, so that the first prefetch is under way when the signal comes. */
const LARGE = 2_000;

const databaseFolder = (TMPDIR: string): string | undefined =>
  filesIn(TMPDIR).find((name) => name.startsWith('card-tokenization-pool-'));

describe('npm start', () => {
  test.each(PHASES)('when it is interrupted after "%s", it ends and leaves no process and no file', async (phase) => {
    const { started, TMPDIR } = startTemporary();
    await started.until(phase);
    started.child.kill('SIGINT');
    const { code, output } = await started.ended;
    expect(output).not.toMatch(/\n\s+at /);
    expect(code).toBe(endedBy(output, 130));
    expect(processesOf(TMPDIR)).toEqual([]);
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test('when it is interrupted while the database is initialized, it leaves no process and no file', async () => {
    const { started, TMPDIR } = startTemporary();
    await eventually(() => existsSync(join(TMPDIR, databaseFolder(TMPDIR) ?? 'none', 'postgres.new')));
    started.child.kill('SIGINT');
    const { code, output } = await started.ended;
    expect(code).toBe(endedBy(output, 130));
    expect(processesOf(TMPDIR)).toEqual([]);
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends in the same way by %s', async (signal, expected) => {
    const { started, TMPDIR } = startTemporary();
    await started.until('first prefetch: ');
    started.child.kill(signal);
    const { code, output } = await started.ended;
    expect(code).toBe(endedBy(output, expected));
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test('when the same signal comes twice for one Ctrl-C, as under npm, it still ends in order', async () => {
    const { started, TMPDIR } = startTemporary();
    await started.until('Ctrl-C stops everything.');
    started.child.kill('SIGINT');
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(0);
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test('when it is killed, the database server ends and its temporary files are removed', async () => {
    const { started, TMPDIR } = startTemporary(LARGE);
    await started.until('first prefetch: ');
    expect(processesOf(TMPDIR)).not.toEqual([]);
    started.child.kill('SIGKILL');
    await started.ended;
    await eventually(() => processesOf(TMPDIR).length === 0 && filesIn(TMPDIR).length === 0);
  });

  test('what a process that was killed together with its database server has left is removed by the next start', async () => {
    const { started, TMPDIR } = startTemporary();
    await started.until('Ctrl-C stops everything.');
    const left = databaseFolder(TMPDIR) ?? 'none';
    // All but the server itself: the process that would have stopped it is gone as well.
    const others = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    const runner = others.find((line) => line.includes('database-process') && line.includes(TMPDIR));
    started.child.kill('SIGKILL');
    process.kill(Number.parseInt(runner ?? '', 10), 'SIGKILL');
    await started.ended;
    expect(processesOf(TMPDIR)).not.toEqual([]);
    const next = start({ TMPDIR });
    await next.until('Ctrl-C stops everything.');
    expect(existsSync(join(TMPDIR, left))).toBe(false);
    next.child.kill('SIGINT');
    expect((await next.ended).code).toBe(0);
    expect(processesOf(TMPDIR)).toEqual([]);
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test('when its reader goes away, as in npm start | head, it ends without a stack', async () => {
    const TMPDIR = newFolder();
    const command = '"$0" scripts/local/start.ts 2>"$1/errors" | head -1';
    const shell = spawn('bash', ['-c', command, process.execPath, TMPDIR], {
      env: { ...process.env, TMPDIR, PORT: '0', POOL_TARGET_MIN: String(LARGE) },
    });
    await new Promise((resolve) => shell.once('close', resolve));
    await eventually(() => processesOf(TMPDIR).length === 0);
    expect(filesIn(TMPDIR)).toEqual(['errors']);
    expect(execFileSync('cat', [join(TMPDIR, 'errors')], { encoding: 'utf8' })).toBe('');
  });
});

describe.each([
  ['demo', ['scripts/local/demo/demo.ts'], { DEMO_CARDS: '2000', PORT: '1' }],
  ['load', ['scripts/performance/load/main.ts', '--rate', '1'], {}],
  ['faults', ['test/faults/main.ts'], {}],
])('npm run %s', (_name, program, environment) => {
  test('when it is interrupted with a database under it, it leaves no process and no file', async () => {
    const TMPDIR = newFolder();
    const child = spawn(process.execPath, program, {
      env: { ...process.env, TMPDIR, VITEST: '', ...environment },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    // Some of them have their database in memory instead of below TMPDIR.
    const servers = (): readonly number[] => descendants(child.pid ?? 0);
    await eventually(() => servers().length > 0);
    const seen = servers();
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await eventually(() => seen.every((pid) => !existsSync(`/proc/${pid}`)));
    expect(filesIn(TMPDIR)).toEqual([]);
  });
});

/** PostgreSQL servers that a process has started, directly or through others. */
function descendants(root: number): readonly number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null);
  const below = new Set([root]);
  for (let before = 0; before !== below.size; ) {
    before = below.size;
    for (const [, pid, parent] of rows) if (below.has(Number(parent))) below.add(Number(pid));
  }
  return rows
    .filter(([, pid, , args]) => below.has(Number(pid)) && /postgres -D /.test(args ?? ''))
    .map(([, pid]) => Number(pid));
}
