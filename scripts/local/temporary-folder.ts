import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '../program/endings.ts';
import { serverOf, stopLeftServer } from './left-server.ts';
import { livingOwner, takeOwnership } from './owner-lock.ts';

/** Where throw-away databases live: in memory where the system has such a folder, because a noisy disk makes tests slow. */
export const temporaryFolder = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const PREFIX = 'card-tokenization-pool-';
const OWNER = 'owner.json';

/** Below a temporary folder, the data directory of its database server. */
export const DATABASE_FOLDER = 'postgres';

/**
 * A folder that is removed by `remove`, or when the program is interrupted, or when the process exits. What a killed process left behind is
 * removed by the next one that asks for a folder, with the database server in it.
 */
export async function makeTemporaryFolder(purpose: string, root = tmpdir()): Promise<TemporaryFolder> {
  await removeLeftFolders(root);
  const path = mkdtempSync(join(root, `${PREFIX}${purpose}-`));
  takeOwnership(join(path, OWNER), `The folder ${path}`);
  // PostgreSQL refuses to run as root: the user it runs as must be able to pass through.
  chmodSync(path, 0o711);
  const removeNow = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  const onExit = (): void => {
    // A server that still runs has a process of its own, which removes the folder after the server (database-process.ts).
    if (existsSync(path) && serverOf(join(path, DATABASE_FOLDER)) === null) removeNow();
  };
  process.once('exit', onExit);
  const remove = atEnd(() => {
    process.off('exit', onExit);
    removeNow();
  });
  return { path, remove };
}

/** Folders of processes that run no more. One without an owner's name is being made at this moment. */
async function removeLeftFolders(root: string): Promise<void> {
  for (const name of readdirSync(root)) {
    const path = join(root, name);
    const owner = join(path, OWNER);
    if (!name.startsWith(PREFIX) || !existsSync(owner) || livingOwner(owner) !== null) continue;
    try {
      await stopLeftServer(join(path, DATABASE_FOLDER));
      rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    } catch {
      // It belongs to another user of this machine, or another process removes it at the same time.
    }
  }
}
