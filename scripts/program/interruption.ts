import { endEverything } from './endings.ts';

/** Exit codes as a shell gives them: 128 and the signal's number. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A reader that went away, as in `npm start | head`, ends a program as SIGPIPE would. */
const BROKEN_PIPE = 141;

/** One Ctrl-C arrives twice: from the terminal, and from npm, which forwards it to the script that it runs. */
const SAME_KEY_PRESS_MS = 300;

/**
 * From now on a signal ends everything that was started, in order, and then the process; a second signal ends the process at once. What
 * outlives the process for that reason (a database server) ends by itself when its input closes. `exitCode` may change the code. Returns
 * whether a signal has come.
 */
export function endWhenInterrupted(exitCode: (signalCode: number) => number = (code) => code): () => boolean {
  let sinceMs: number | null = null;
  const interrupted = (code: number): void => {
    if (sinceMs !== null) {
      if (performance.now() - sinceMs > SAME_KEY_PRESS_MS) process.exit(code);
      return;
    }
    sinceMs = performance.now();
    if (code !== BROKEN_PIPE) process.stderr.write('\nstopping\n');
    const finalCode = exitCode(code);
    void endEverything().then(() => process.exit(finalCode));
  };
  for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => interrupted(code));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      // Everything that is written from now on meets the same error.
      if (sinceMs === null) interrupted(BROKEN_PIPE);
    });
  }
  return () => sinceMs !== null;
}
