import { isWriteToClosedConnection } from '../../lambdas/runtime/closed-connection-write.ts';
import { asOwnError } from '../../lambdas/runtime/own-error.ts';
import { InvalidSettings } from '../../lambdas/runtime/settings.ts';
import { CannotStart } from '../local/cannot-start.ts';
import { InvalidArguments } from '../performance/load/invalid-arguments.ts';
import { endEverything } from './endings.ts';
import { endWhenInterrupted } from './interruption.ts';

export interface Program<Options> {
  /** What `--help` prints. */
  readonly usage: string;
  /** The options; `null` when only help is wanted. Throws InvalidArguments. */
  readonly parse: (args: readonly string[]) => Options | null;
  /** Errors whose message is the whole story for a person, with the exit code, beside those of arguments, settings and starts. */
  readonly expected?: readonly ExpectedError[];
  /** Another exit code after a signal. */
  readonly interruptedCode?: (signalCode: number) => number;
}

type ExpectedError = readonly [kind: abstract new (...args: never[]) => Error, exitCode: number];

const EXPECTED: readonly ExpectedError[] = [
  [CannotStart, 1],
  [InvalidSettings, 1],
  [InvalidArguments, 2],
];

/**
 * Begins one of the npm scripts and returns its options. `--help` prints the usage and ends the process with 0, before anything is done;
 * arguments that cannot be used end it with 2. From now on an expected error is shown as one sentence, any other with its stack, and a
 * signal ends everything that was started, in order (endings.ts).
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
    // A turn later: a signal that ended a child, too, is the reason why its call failed, and it is told first.
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

/** A plain Error was thrown by this project's scripts. The messages of all others may quote a secret or what was sent. */
function stackOf(error: unknown): string {
  const isPlain = error instanceof Error && error.constructor === Error && !('code' in error);
  return (isPlain ? error : asOwnError('The program failed', error)).stack ?? 'unknown error';
}

/** Ends everything that is still running, and the process. */
export async function endProgram(exitCode: number): Promise<never> {
  await endEverything();
  process.exit(exitCode);
}
