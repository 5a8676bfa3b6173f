import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { CannotStart } from '../program/cannot-start.ts';
import { MAJOR_VERSION, PROGRAM_FOLDER, SERVER_USER, type ServerUser, serverUser } from './postgres-program.ts';

/**
 * Creates a folder and checks that this process can write to it. Throws CannotStart, whose message
 * says what to do.
 */
export function makeWritableFolder(path: string): void {
  const probe = join(path, `.written-by-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, '');
  } catch (error) {
    throw new CannotStart(`The data directory ${path} cannot be used: ${adviceFor(codeOf(error), path)}`);
  } finally {
    try {
      rmSync(probe, { force: true });
    } catch {
      // Without the folder there is no probe file to remove.
    }
  }
}

function adviceFor(code: string, path: string): string {
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'it is a file, or is below one. Set DATA_DIR to a folder.';
  if (code === 'EACCES' || code === 'EPERM') {
    return `the user ${userInfo().username} may not write there. Use another DATA_DIR, or run: sudo chown ${userInfo().username} ${path}`;
  }
  if (code === 'EROFS') return 'its disk is read-only. Use another DATA_DIR.';
  if (code === 'ENOSPC') return 'its disk is full. Free some space, or use another DATA_DIR.';
  return `${code}. Use another DATA_DIR.`;
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown');

/**
 * Whether the data directory must be initialized first. Throws CannotStart, whose message says what
 * to do, when the server cannot use the directory.
 */
export function isNewDirectory(directory: string): boolean {
  makeWritableFolder(dirname(directory));
  const user = serverUser({ make: false });
  if (user !== null) for (const folder of [dirname(directory), PROGRAM_FOLDER]) checkAccess(folder, user);
  if (!existsSync(directory)) return true;
  const { isFolder, owner } = statusOf(directory);
  if (!isFolder)
    throw new CannotStart(`${directory} is a file; the database needs a folder there. Use another DATA_DIR.`);
  const files = filesIn(directory);
  if (files.length === 0) return true;
  if (!files.includes('PG_VERSION')) {
    throw new CannotStart(`${directory} holds files that are not PostgreSQL data. Use another DATA_DIR.`);
  }
  const version = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  if (version !== '' && version !== MAJOR_VERSION) {
    throw new CannotStart(
      `The data directory ${directory} was made by PostgreSQL ${version}; this is PostgreSQL ${MAJOR_VERSION}. Use another DATA_DIR, or remove it.`,
    );
  }
  if (version === '' || !existsSync(join(directory, 'global', 'pg_control'))) {
    throw new CannotStart(
      `The data directory ${directory} is incomplete: PostgreSQL was interrupted while it made it. Remove it and start again.`,
    );
  }
  const expected = user?.uid ?? process.getuid?.();
  if (expected !== undefined && owner !== expected) {
    throw new CannotStart(
      `The data directory ${directory} belongs to the user with number ${owner}, but PostgreSQL would run as number ${expected}. Start as the owner of the directory, or use another DATA_DIR.`,
    );
  }
  return false;
}

function statusOf(directory: string): { isFolder: boolean; owner: number } {
  const status = statSync(directory);
  return { isFolder: status.isDirectory(), owner: status.uid };
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    throw new CannotStart(
      `The data directory ${directory} belongs to another user. Start as that user, or use another DATA_DIR.`,
    );
  }
}

/**
 * Root can enter every folder, but the user of the server may not. Without this check initdb would
 * fail with the error text of a system call.
 */
function checkAccess(folder: string, user: ServerUser): void {
  const mayEnter = (path: string): boolean =>
    spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', path], { ...user, cwd: '/' }).status === 0;
  if (mayEnter(folder)) return;
  let closed = folder;
  while (dirname(closed) !== closed && !mayEnter(dirname(closed))) closed = dirname(closed);
  throw new CannotStart(
    `PostgreSQL refuses to run as root, and the user ${SERVER_USER} may not enter ${closed}. Start as another user, use a DATA_DIR elsewhere, or run: chmod o+x ${closed}`,
  );
}
