import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CannotStart } from '../program/cannot-start.ts';
import { processIdentity } from './process-identity.ts';

export interface Owner {
  readonly pid: number;
  readonly started: string | null;
}

/**
 * Returns the owner of the lock at `path` if its process still runs. An unreadable lock has no
 * owner.
 */
export function runningOwner(path: string): Owner | null {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Owner;
    return owner.started !== null && processIdentity(owner.pid) === owner.started ? owner : null;
  } catch {
    return null;
  }
}

/**
 * Makes this process the owner of `what`, until it calls the returned function or ends. A lock of a
 * process that has ended is replaced. Throws CannotStart when another running process owns it.
 */
export function takeOwnership(path: string, what: string): () => void {
  const mine = { pid: process.pid, started: processIdentity(process.pid) };
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: attempt < 2 ? 'wx' : 'w' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const owner = runningOwner(path);
      if (owner !== null && owner.pid !== process.pid) {
        throw new CannotStart(`${what} is in use by process ${owner.pid}. Stop that process, or use another DATA_DIR.`);
      }
      rmSync(path, { force: true });
    }
  }
}
