import type { ChildProcess } from 'node:child_process';

/** Child processes that are still running. */
const children = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Kills a child that still runs when this process exits. An interrupted test run does not wait for
 * the orderly stop, and the child would keep running.
 */
export function killOnExit(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}
