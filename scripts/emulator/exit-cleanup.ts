import type { ChildProcess } from 'node:child_process';

/** For a process that is interrupted, where nobody waits for an end in order. */
const children = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Kills a child that is still there when this process ends. */
export function killOnExit(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}
