import { endEverything } from './endings.ts';

/** Exit codes as in a shell: 128 plus the number of the signal. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Exit code when the reader of the output has closed it, as in `npm start | head` (SIGPIPE). */
const BROKEN_PIPE = 141;

/** One Ctrl-C arrives twice: from the terminal, and from npm, which forwards it to its script. */
const SAME_KEY_PRESS_MS = 300;

/**
 * After this call a signal shuts down everything that was registered (endings.ts) and then exits. A
 * second signal exits at once; a database server that is still running then stops when its standard
 * input closes. `exitCode` can replace the exit code. Returns a function that says whether a signal
 * has arrived.
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
      // Every later write has the same error.
      if (sinceMs === null) interrupted(BROKEN_PIPE);
    });
  }
  return () => sinceMs !== null;
}
