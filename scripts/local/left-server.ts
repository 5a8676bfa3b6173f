import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.ts';

/** The living PostgreSQL server of a data directory, by its lock file; `null` when none runs. */
export function serverOf(directory: string): number | null {
  const file = join(directory, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 && processIdentity(pid) !== null && runsIn(pid, directory) ? pid : null;
}

/** The process's number may have gone to another program since: a server works in its data directory. */
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
 * Ends a server whose owner died without stopping it, by a fast shutdown: its data is complete afterwards. A lock file whose process is
 * another program by now is removed, because PostgreSQL would take it for a running server. Only for the owner of the directory.
 */
export async function stopLeftServer(directory: string, onWait: () => void = () => undefined): Promise<void> {
  const pid = serverOf(directory);
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
