import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Takes a processor, and looks now and then whether the process that started it is still its parent. It is given that process's id, because
 * the parent may be gone before the loop can ask for it.
 */
const LOOP = `
  const parent = Number(process.argv[1]);
  for (;;) {
    for (let turn = 0; turn < 1e8; turn += 1);
    if (process.ppid !== parent) process.exit(0);
  }
`;

/** Processes that compute nothing, so that whatever runs beside them has to share the processors. */
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

  /** Resolves once all of them have ended. */
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
