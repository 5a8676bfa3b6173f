import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '../program/endings.ts';
import { runningServer, stopOrphanedServer } from './orphaned-server.ts';
import { runningOwner, takeOwnership } from './owner-lock.ts';

/**
 * The folder for temporary databases: in memory if the system has such a folder, because a slow
 * disk makes tests slow.
 */
export const temporaryFolder = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const PREFIX = 'card-tokenization-pool-';
const OWNER = 'owner.json';

/** The name of the data directory of a database server in a temporary folder. */
export const DATABASE_FOLDER = 'postgres';

/**
 * Creates a folder that is removed by `remove`, on an interruption, or when the process exits. Also
 * removes the folders of processes that were killed, after their database servers are stopped.
 */
export async function makeTemporaryFolder(purpose: string, root = tmpdir()): Promise<TemporaryFolder> {
  await removeOrphanedFolders(root);
  const path = mkdtempSync(join(root, `${PREFIX}${purpose}-`));
  takeOwnership(join(path, OWNER), `The folder ${path}`);
  // PostgreSQL refuses to run as root, and the user that it runs as must be able to enter this
  // folder.
  chmodSync(path, 0o711);
  const removeNow = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  const onExit = (): void => {
    // If a server still runs, database-process.ts stops it and then removes the folder.
    if (existsSync(path) && runningServer(join(path, DATABASE_FOLDER)) === null) removeNow();
  };
  process.once('exit', onExit);
  const remove = atEnd(() => {
    process.off('exit', onExit);
    removeNow();
  });
  return { path, remove };
}

/**
 * Removes the folders of processes that have ended. A folder without an owner file is being created
 * by another process now.
 */
async function removeOrphanedFolders(root: string): Promise<void> {
  for (const name of readdirSync(root)) {
    const path = join(root, name);
    const owner = join(path, OWNER);
    if (!name.startsWith(PREFIX) || !existsSync(owner) || runningOwner(owner) !== null) continue;
    try {
      await stopOrphanedServer(join(path, DATABASE_FOLDER));
      rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    } catch {
      // The folder belongs to another user, or another process removes it at the same time.
    }
  }
}
