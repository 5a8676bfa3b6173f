import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CannotStart } from '../program/cannot-start.ts';
import { atEnd } from '../program/endings.ts';
import { isNewDirectory } from './data-directory.ts';
import type { ServerOptions } from './database-process.ts';
import { freePort } from './free-port.ts';
import { runningServer, stopOrphanedServer } from './orphaned-server.ts';
import { takeOwnership } from './owner-lock.ts';
import { linkSharedLibraries } from './shared-libraries.ts';

export interface EmbeddedDatabase {
  readonly url: string;
  /** Resolves with the last output of the server when it ends without a call of `stop`. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedDatabaseOptions {
  readonly directory: string;
  /** Server settings in addition to the defaults, as `name=value`. */
  readonly settings?: readonly string[];
  /**
   * `password` sends the password in clear text. Only for benchmarks, whose connections skip SCRAM.
   */
  readonly authMethod?: 'scram-sha-256' | 'password';
  /** A fixed port instead of a free one. */
  readonly port?: number;
  /** A folder that is removed after the server has stopped, also when this process was killed. */
  readonly removeAtEnd?: string;
  /** A file to which the server's log is appended. Without it the log is not kept. */
  readonly logFile?: string;
  /** Called before the server of a process that has died is stopped. */
  readonly onOrphanedServer?: () => void;
}

const SCRIPT = fileURLToPath(new URL('database-process.ts', import.meta.url));
const PASSWORD = 'local-only';

/**
 * Starts PostgreSQL from an npm package, on loopback, with its data in `directory`. Initializes the
 * directory if it is new. The server stops when this process ends, also by SIGKILL. Throws
 * CannotStart, whose message says what to do, when the directory cannot be used or the server does
 * not start.
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const directory = resolve(options.directory);
  linkSharedLibraries();
  const isNew = isNewDirectory(directory);
  const releaseOwnership = takeOwnership(`${directory}.owner`, `The data directory ${directory}`);
  try {
    if (!isNew) {
      if (runningServer(directory) !== null) options.onOrphanedServer?.();
      await stopOrphanedServer(directory);
    }
    const port = options.port ?? (await freePort());
    const server = await startProcess({
      directory,
      isNew,
      port,
      settings: options.settings ?? [],
      authMethod: options.authMethod ?? 'scram-sha-256',
      password: PASSWORD,
      removeAtEnd: options.removeAtEnd === undefined ? null : resolve(options.removeAtEnd),
      logFile: options.logFile === undefined ? null : resolve(options.logFile),
    });
    return {
      url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`,
      lost: server.lost,
      async stop() {
        await server.stop();
        releaseOwnership();
      },
    };
  } catch (error) {
    releaseOwnership();
    throw error;
  }
}

async function startProcess(options: ServerOptions): Promise<{ lost: Promise<string>; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(options)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    windowsHide: true,
  });
  const exited = once(child, 'exit');
  let isStopping = false;
  let output = '';
  let onOutput = (): void => undefined;
  // Registered before the server is ready, so that an interrupted program does not wait for initdb.
  const stop = atEnd(async () => {
    isStopping = true;
    child.stdin.end();
    await exited;
  });
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
    onOutput();
  });
  const lastOutput = (): string => /^ended (.*)$/m.exec(output)?.[1]?.trim() || 'it printed no reason';
  await new Promise<void>((ready, reject) => {
    onOutput = () => {
      if (/^ready$/m.test(output)) ready();
    };
    child.once('error', reject);
    void once(child, 'close').then(() =>
      reject(new CannotStart(`The embedded PostgreSQL did not start in ${options.directory}: ${lastOutput()}`)),
    );
  });
  return {
    lost: new Promise((resolve) => {
      child.once('close', () => {
        if (!isStopping) resolve(lastOutput());
      });
    }),
    stop,
  };
}
