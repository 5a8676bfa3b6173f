import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';

/**
 * Returns the process id of the PostgreSQL server that runs in a data directory, from its lock
 * file; `null` when no server runs.
 */
export function runningServer(directory: string): number | null {
  const file = join(directory, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 && processIdentity(pid) !== null && runsIn(pid, directory) ? pid : null;
}

/**
 * The process id may belong to another program now. A PostgreSQL server has its data directory as
 * working directory.
 */
function runsIn(pid: number, directory: string): boolean {
  const path = realpathSync(directory);
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === path;
  } catch {
    try {
      const args = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
      return args.includes('postgres') && (args.includes(path) || args.includes(directory));
    } catch {
      return false;
    }
  }
}

/**
 * Stops a server whose owner died, by a fast shutdown, which leaves complete data. Removes a lock
 * file whose process id belongs to another program now, because PostgreSQL would refuse to start.
 * Only the owner of the directory may call this.
 */
export async function stopOrphanedServer(directory: string, onWait: () => void = () => undefined): Promise<void> {
  const pid = runningServer(directory);
  if (pid === null) {
    rmSync(join(directory, 'postmaster.pid'), { force: true });
    return;
  }
  onWait();
  const identity = processIdentity(pid);
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
  while (processIdentity(pid) === identity) await sleep(20);
}
