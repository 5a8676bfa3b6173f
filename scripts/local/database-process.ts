import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { postgresPrograms, serverUser } from './postgres-program.ts';

/** What the parent (embedded-database.ts) asks for. */
export interface ServerOrder {
  readonly directory: string;
  readonly isNew: boolean;
  readonly port: number;
  readonly settings: readonly string[];
  readonly authMethod: string;
  readonly password: string;
  /** Removed at the end. */
  readonly removeAtEnd: string | null;
}

/**
 * Runs one PostgreSQL server for its parent, and stops it when the parent closes its end of standard input: by `stop()`, or by dying in
 * whatever way, SIGKILL included. It is a process group of its own, so that Ctrl-C in a terminal reaches the parent only, which stops the
 * server after everything that uses it.
 */
const order = JSON.parse(process.argv[2] ?? '') as ServerOrder;
const { directory, port, settings, removeAtEnd } = order;
const user = serverUser({ make: true });
const { initdb, postgres } = await postgresPrograms();
const lastWords: string[] = [];

let isEnding = false;
let running: ChildProcess | null = null;

/** The fast shutdown of a server; initdb removes what it has made. */
const end = (): void => {
  isEnding = true;
  if (running?.pid === undefined) return;
  if (process.platform === 'win32') spawn('taskkill', ['/pid', String(running.pid), '/f', '/t']);
  else running.kill('SIGINT');
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
process.stdin.once('close', end).on('error', end).resume();
process.stdout.on('error', () => undefined);

/** Starts a program and resolves with its exit code. */
function run(program: string, args: readonly string[], onOutput: (text: string) => void): Promise<number | null> {
  const child = spawn(program, args, {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' },
    windowsHide: true,
  });
  running = child;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      lastWords.push(String(chunk).trim());
      if (lastWords.length > 20) lastWords.shift();
      onOutput(String(chunk));
    });
  }
  if (isEnding) end();
  return once(child, 'close').then(([code]) => code as number | null);
}

/** Beside the directory at first: a directory that is there under its name is complete. */
async function initialize(): Promise<void> {
  const unfinished = `${directory}.new`;
  const passwordFile = `${directory}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, order.password, { mode: 0o600 });
  if (user !== null) for (const path of [unfinished, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    const code = await run(
      initdb,
      [
        `--pgdata=${unfinished}`,
        `--auth=${order.authMethod}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        ...(settings.includes('fsync=off') ? ['--no-sync'] : []),
      ],
      () => undefined,
    );
    if (code !== 0) throw new Error(lastWords.join(' '));
    if (existsSync(directory)) rmdirSync(directory);
    renameSync(unfinished, directory);
  } finally {
    rmSync(passwordFile, { force: true });
    if (existsSync(unfinished)) rmSync(unfinished, { recursive: true, force: true });
  }
}

async function serve(): Promise<void> {
  const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  const args = ['-D', directory, '-p', String(port), ...options.flatMap((setting) => ['-c', setting])];
  let isReady = false;
  await run(postgres, args, (text) => {
    if (isReady || !text.includes('database system is ready to accept connections')) return;
    isReady = true;
    process.stdout.write('ready\n');
  });
}

try {
  if (order.isNew) await initialize();
  if (!isEnding) await serve();
} catch (error) {
  lastWords.push(error instanceof Error ? error.message : 'unknown error');
}
if (!isEnding) process.stdout.write(`ended ${lastWords.join(' ').replaceAll('\n', ' ').slice(-600)}\n`);
else if (removeAtEnd !== null) rmSync(removeAtEnd, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
process.exit(isEnding ? 0 : 1);
