import { isWriteToClosedConnection } from '../../lambdas/runtime/closed-connection-write.ts';
import { asOwnError } from '../../lambdas/runtime/own-error.ts';
import { InvalidSettings } from '../../lambdas/runtime/settings.ts';
import { CannotStart } from './cannot-start.ts';
import { endEverything } from './endings.ts';
import { endWhenInterrupted } from './interruption.ts';
import { InvalidArguments } from './invalid-arguments.ts';

export interface Program<Options> {
  /** The text of `--help`. */
  readonly usage: string;
  /** Returns the options, or `null` for `--help`. Throws InvalidArguments. */
  readonly parse: (args: readonly string[]) => Options | null;
  /** Additional errors that are shown as one sentence, with their exit codes. */
  readonly expected?: readonly ExpectedError[];
  /** Replaces the exit code after a signal. */
  readonly interruptedCode?: (signalCode: number) => number;
}

type ExpectedError = readonly [kind: abstract new (...args: never[]) => Error, exitCode: number];

const EXPECTED: readonly ExpectedError[] = [
  [CannotStart, 1],
  [InvalidSettings, 1],
  [InvalidArguments, 2],
];

/**
 * Starts an npm script and returns its options. `--help` prints the usage and exits with 0; invalid
 * arguments exit with 2. After this call an expected error is shown as one sentence, any other
 * error with its stack, and a signal shuts down everything that was registered (endings.ts).
 */
export function beginProgram<Options>({ usage, parse, expected = [], interruptedCode }: Program<Options>): Options {
  const isInterrupted = endWhenInterrupted(interruptedCode);
  const fail = (error: unknown): number => {
    const match = [...EXPECTED, ...expected].find(([kind]) => error instanceof kind);
    if (match === undefined) {
      process.stderr.write(`${stackOf(error)}\n`);
      return 1;
    }
    process.stderr.write(`${(error as Error).message}\n`);
    if (error instanceof InvalidArguments) process.stderr.write(`\n${usage}`);
    return match[1];
  };
  process.on('uncaughtException', (error) => {
    if (isWriteToClosedConnection(error)) return;
    // One turn later, because a signal that also stopped a child process must be handled first.
    setImmediate(() => {
      if (!isInterrupted()) void endProgram(fail(error));
    });
  });
  try {
    const options = parse(process.argv.slice(2));
    if (options !== null) return options;
  } catch (error) {
    process.exit(fail(error));
  }
  process.stdout.write(usage);
  process.exit(0);
}

/**
 * Only scripts of this project throw a plain Error. The message of any other error can quote a
 * secret or a request.
 */
function stackOf(error: unknown): string {
  const isPlain = error instanceof Error && error.constructor === Error && !('code' in error);
  return (isPlain ? error : asOwnError('The program failed', error)).stack ?? 'unknown error';
}

/** Shuts down everything that is running, and exits. */
export async function endProgram(exitCode: number): Promise<never> {
  await endEverything();
  process.exit(exitCode);
}
