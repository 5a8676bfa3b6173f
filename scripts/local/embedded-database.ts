import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CannotStart } from '../program/cannot-start.ts';
import { atEnd } from '../program/endings.ts';
import { isNewDirectory } from './data-directory.ts';
import type { ServerOrder } from './database-process.ts';
import { freePort } from './free-port.ts';
import { serverOf, stopLeftServer } from './left-server.ts';
import { takeOwnership } from './owner-lock.ts';
import { linkSharedLibraries } from './shared-libraries.ts';

export interface EmbeddedDatabase {
  readonly url: string;
  /** Resolves with the server's last words when it ends without being stopped. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedDatabaseOptions {
  readonly directory: string;
  /** Server settings beyond the defaults, as `name=value`. */
  readonly settings?: readonly string[];
  /** How the password is asked for; in clear only where nothing but a benchmark talks to it. */
  readonly authMethod?: 'scram-sha-256' | 'password';
  /** Takes the place of a port chosen by the system. */
  readonly port?: number;
  /** A folder that is removed once the server has stopped, however this process ends. */
  readonly removeAtEnd?: string;
  /** Told when the server of a process that died has to be stopped first. */
  readonly onLeftServer?: () => void;
}

const SCRIPT = fileURLToPath(new URL('database-process.ts', import.meta.url));
const PASSWORD = 'local-only';

/**
 * A real PostgreSQL from an npm package, on loopback only, in `directory`: made there when there is none. It ends with this process,
 * whatever ends that. Throws CannotStart with one sentence when the directory cannot be used or the server will not start.
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const directory = resolve(options.directory);
  linkSharedLibraries();
  const isNew = isNewDirectory(directory);
  const giveUp = takeOwnership(`${directory}.owner`, `The data directory ${directory}`);
  try {
    if (!isNew) {
      if (serverOf(directory) !== null) options.onLeftServer?.();
      await stopLeftServer(directory);
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
    });
    return {
      url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`,
      lost: server.lost,
      async stop() {
        await server.stop();
        giveUp();
      },
    };
  } catch (error) {
    giveUp();
    throw error;
  }
}

async function startProcess(order: ServerOrder): Promise<{ lost: Promise<string>; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(order)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    windowsHide: true,
  });
  const exited = once(child, 'exit');
  let isStopping = false;
  let output = '';
  let onOutput = (): void => undefined;
  // Before it is ready, so that an interrupted program does not wait for initdb.
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
  const lastWords = (): string => /^ended (.*)$/m.exec(output)?.[1]?.trim() || 'it ended without a word';
  await new Promise<void>((ready, reject) => {
    onOutput = () => {
      if (/^ready$/m.test(output)) ready();
    };
    child.once('error', reject);
    void once(child, 'close').then(() =>
      reject(new CannotStart(`The embedded PostgreSQL did not start in ${order.directory}: ${lastWords()}`)),
    );
  });
  return {
    lost: new Promise((resolve) => {
      child.once('close', () => {
        if (!isStopping) resolve(lastWords());
      });
    }),
    stop,
  };
}
