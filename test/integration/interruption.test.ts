import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cleanUp, eventually, filesIn, newFolder, processesOf, type Started, start } from './started-stack.ts';

afterEach(cleanUp);

/** Lines that `npm start` prints while it starts, in this order. */
const PHASES = [
  'PostgreSQL is up',
  'the TOME simulator is up',
  'the schema is up to date',
  'first prefetch: ',
  'Ctrl-C stops everything.',
];

/**
 * The expected exit code: 0 once the program was ready, otherwise the code of the signal. The
 * program can become ready between the awaited line and the signal, so its output decides.
 */
const endedBy = (output: string, codeOfSignal: number): number =>
  output.includes('Ctrl-C stops everything.') ? 0 : codeOfSignal;

/** Starts without DATA_DIR: all files are temporary, so none may be left. */
function startTemporary(pairs = 30): { readonly started: Started; readonly TMPDIR: string } {
  const TMPDIR = newFolder();
  return { started: start({ TMPDIR, POOL_TARGET_MIN: String(pairs) }), TMPDIR };
}

/** Pairs of a pool whose first prefetch is still running when the signal arrives. */
const LARGE = 2_000;

const databaseFolder = (TMPDIR: string): string | undefined =>
  filesIn(TMPDIR).find((name) => name.startsWith('card-tokenization-pool-'));

describe('npm start', () => {
  test.each(PHASES)('that is interrupted after "%s" ends and leaves no process and no file', async (phase) => {
    const { started, TMPDIR } = startTemporary();
    await started.until(phase);
    started.child.kill('SIGINT');
    const { code, output } = await started.ended;
    expect(output).not.toMatch(/\n\s+at /);
    expect(code).toBe(endedBy(output, 130));
    expect(processesOf(TMPDIR)).toEqual([]);
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test('that is interrupted while the database is initialized leaves no process and no file', async () => {
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
  ] as const)('that receives %s ends and leaves no file', async (signal, expected) => {
    const { started, TMPDIR } = startTemporary();
    await started.until('first prefetch: ');
    started.child.kill(signal);
    const { code, output } = await started.ended;
    expect(code).toBe(endedBy(output, expected));
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test('that receives SIGINT twice for one Ctrl-C, as under npm, ends with 0 and leaves no file', async () => {
    const { started, TMPDIR } = startTemporary();
    await started.until('Ctrl-C stops everything.');
    started.child.kill('SIGINT');
    started.child.kill('SIGINT');
    expect((await started.ended).code).toBe(0);
    expect(filesIn(TMPDIR)).toEqual([]);
  });

  test('that is killed with SIGKILL leaves no database server and no temporary file', async () => {
    const { started, TMPDIR } = startTemporary(LARGE);
    await started.until('first prefetch: ');
    expect(processesOf(TMPDIR)).not.toEqual([]);
    started.child.kill('SIGKILL');
    await started.ended;
    await eventually(() => processesOf(TMPDIR).length === 0 && filesIn(TMPDIR).length === 0);
  });

  test('removes what an earlier start left that was killed together with its database runner', async () => {
    const { started, TMPDIR } = startTemporary();
    await started.until('Ctrl-C stops everything.');
    const left = databaseFolder(TMPDIR) ?? 'none';
    // The runner would stop the database server, so it is killed too. Only the server remains.
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

  test('ends without a stack trace when the reader of its output ends, as in npm start | head', async () => {
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
  test('that is interrupted after it has started a database leaves no process and no file', async () => {
    const TMPDIR = newFolder();
    const child = spawn(process.execPath, program, {
      env: { ...process.env, TMPDIR, VITEST: '', ...environment },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    // Some programs have their database in memory and not below TMPDIR.
    const servers = (): readonly number[] => descendants(child.pid ?? 0);
    await eventually(() => servers().length > 0);
    const seen = servers();
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await eventually(() => seen.every((pid) => !existsSync(`/proc/${pid}`)));
    expect(filesIn(TMPDIR)).toEqual([]);
  });
});

/**
 * The ids of the PostgreSQL servers that a process started, directly or through other processes.
 */
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
