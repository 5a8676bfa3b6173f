import type { ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

/** For a process that is interrupted, where nobody waits for an end in order. */
const children = new Set<ChildProcess>();
const folders = new Set<string>();

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) removeInTheEnd(folder);
});

/** The database may still be taking its files away, and a file that vanishes meanwhile ends the removal without a word. */
function removeInTheEnd(folder: string): void {
  for (let attempt = 0; attempt < 30 && existsSync(folder); attempt += 1) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

/** Kills a child that is still there when this process ends. */
export function killOnExit(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** Removes a folder when this process ends, unless it is told before that this is no longer needed. */
export function removeOnExit(folder: string): () => void {
  folders.add(folder);
  return () => {
    folders.delete(folder);
  };
}
