import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Kills a PostgreSQL server and all its processes with SIGKILL, so without a checkpoint. Resolves
 * when they have ended.
 */
export async function crashDatabase(directory: string): Promise<void> {
  const pidFile = join(directory, 'postmaster.pid');
  const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const children = childrenOf(postmaster);
  for (const pid of [postmaster, ...children]) kill(pid);
  while ([postmaster, ...children].some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** A zombie, which has ended and waits for its parent, counts as ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ESRCH';
