import { TokenizationError } from '../tokenization/errors.ts';

/**
 * Base class of runtime errors with a message of this project. The message names settings and
 * fields and never quotes a value.
 */
export abstract class RuntimeFailure extends Error {
  abstract override readonly name: string;
  abstract readonly code: string;
}

/**
 * Whether the message was written by this project. Messages of parsers, drivers, HTTP clients and
 * SDKs quote their input: a secret, statement parameters, a body with a card number. Such messages
 * are never logged, returned or printed.
 */
export const isOwnError = (error: unknown): error is TokenizationError | RuntimeFailure =>
  error instanceof TokenizationError || error instanceof RuntimeFailure;

/**
 * A foreign error, reduced to its name, code and stack frames. It has no `cause`, because Lambda
 * prints everything that a handler throws.
 */
export class UnexpectedFailure extends RuntimeFailure {
  override readonly name = 'UnexpectedFailure';
  /** The code of the foreign error, such as an SQLSTATE, if any. */
  readonly code: string;

  constructor(what: string, error: unknown) {
    const frames = framesOf(error);
    super(`${what}: ${[nameOf(error), codeOf(error)].filter((part) => part !== undefined).join(' ')}.`);
    this.code = codeOf(error) ?? 'unexpected';
    this.stack = [`${this.name}: ${this.message}`, ...frames].join('\n');
  }
}

/** Returns the error if its message is safe, otherwise an UnexpectedFailure without the message. */
export const asOwnError = (what: string, error: unknown): Error =>
  isOwnError(error) ? error : new UnexpectedFailure(what, error);

/** An identifier with at most four digits in a row: no sentence and no card number. */
const NAME = /^[A-Za-z$_](?:(?!\d{5})[\w$.-]){0,62}$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

export const nameOf = (error: unknown): string =>
  error instanceof Error && NAME.test(error.name) ? error.name : 'unknown error';

/** An error's code, such as ECONNREFUSED or an SQLSTATE. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  (SQLSTATE.test(error.code) || NAME.test(error.code))
    ? error.code
    : undefined;

const MOST_FRAMES = 8;
/** A stack frame: a function and a position in a file. */
const FRAME =
  /^ {4}at (?:async )?[\w$.<>[\] #*-]{0,120}\(?(?:(?:file|node|data):)?(?:[^\s():]{0,200}(?::\d+){0,2}|index \d+)\)?$/;

/**
 * Returns the frames of an error's stack. The stack begins with the message, which can have several
 * lines that look like frames. So the message is cut off by its length, and lines that are not
 * frames are dropped.
 */
export function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  const { stack, message } = error;
  const start = stack.indexOf(message);
  // If the stack does not begin with the message, only the last unbroken run of frames is trusted.
  const lines = (start < 0 ? stack : stack.slice(start + message.length)).split('\n').slice(1);
  const frames = lines.slice(lines.findLastIndex((line) => !FRAME.test(line)) + 1);
  return frames.slice(0, MOST_FRAMES);
}
