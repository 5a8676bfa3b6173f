import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { postgresPrograms, serverUser } from './postgres-program.ts';

/** What the parent process (embedded-database.ts) passes as JSON in the first argument. */
export interface ServerOptions {
  readonly directory: string;
  readonly isNew: boolean;
  readonly port: number;
  readonly settings: readonly string[];
  readonly authMethod: string;
  readonly password: string;
  /** A folder that is removed after the server has stopped; `null` for none. */
  readonly removeAtEnd: string | null;
  /** A file for the server's log; `null` for none. */
  readonly logFile: string | null;
}

/**
 * Runs one PostgreSQL server for the parent process. The server stops when this standard input
 * closes: either the parent calls `stop()`, or the parent has ended, also by SIGKILL. This process
 * has its own process group, so that Ctrl-C in a terminal reaches only the parent, which stops the
 * users of the server first.
 */
const options = JSON.parse(process.argv[2] ?? '') as ServerOptions;
const { directory, port, settings, removeAtEnd } = options;
const user = serverUser({ make: true });
const { initdb, postgres } = await postgresPrograms();
const lastOutput: string[] = [];

let isEnding = false;
let running: ChildProcess | null = null;

/**
 * SIGINT is a fast shutdown for the server. For initdb it means that it removes the files it has
 * written.
 */
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
      lastOutput.push(String(chunk).trim());
      if (lastOutput.length > 20) lastOutput.shift();
      onOutput(String(chunk));
    });
  }
  if (isEnding) end();
  return once(child, 'close').then(([code]) => code as number | null);
}

/**
 * Initializes under another name and renames, so that a directory with the right name is complete.
 */
async function initialize(): Promise<void> {
  const unfinished = `${directory}.new`;
  const passwordFile = `${directory}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (user !== null) for (const path of [unfinished, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    const code = await run(
      initdb,
      [
        `--pgdata=${unfinished}`,
        `--auth=${options.authMethod}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        ...(settings.includes('fsync=off') ? ['--no-sync'] : []),
      ],
      () => undefined,
    );
    if (code !== 0) throw new Error(lastOutput.join(' '));
    if (existsSync(directory)) rmdirSync(directory);
    renameSync(unfinished, directory);
  } finally {
    rmSync(passwordFile, { force: true });
    if (existsSync(unfinished)) rmSync(unfinished, { recursive: true, force: true });
  }
}

async function serve(): Promise<void> {
  const allSettings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings];
  const args = ['-D', directory, '-p', String(port), ...allSettings.flatMap((setting) => ['-c', setting])];
  let isReady = false;
  await run(postgres, args, (text) => {
    if (options.logFile !== null) appendFileSync(options.logFile, text, { mode: 0o600 });
    if (isReady || !text.includes('database system is ready to accept connections')) return;
    isReady = true;
    process.stdout.write('ready\n');
  });
}

try {
  if (options.isNew) await initialize();
  if (!isEnding) await serve();
} catch (error) {
  lastOutput.push(error instanceof Error ? error.message : 'unknown error');
}
if (!isEnding) process.stdout.write(`ended ${lastOutput.join(' ').replaceAll('\n', ' ').slice(-600)}\n`);
else if (removeAtEnd !== null) rmSync(removeAtEnd, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
process.exit(isEnding ? 0 : 1);
