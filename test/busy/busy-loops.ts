import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Uses one processor, and ends when its parent has ended. The parent passes its process id, because
 * it can end before the loop could ask for that id.
 */
const LOOP = `
  const parent = Number(process.argv[1]);
  for (;;) {
    for (let turn = 0; turn < 1e8; turn += 1);
    if (process.ppid !== parent) process.exit(0);
  }
`;

/** Processes that only use processor time, so that tests beside them get less of it. */
export class BusyLoops {
  readonly #children: readonly ChildProcess[];

  constructor(count: number) {
    this.#children = Array.from({ length: count }, () =>
      spawn(process.execPath, ['--eval', LOOP, String(process.pid)], { stdio: 'ignore' }),
    );
  }

  get pids(): readonly number[] {
    return this.#children.flatMap(({ pid }) => pid ?? []);
  }

  /** Resolves when all loops have ended. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
  }
}
