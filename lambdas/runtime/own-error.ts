import { TokenizationError } from '../tokenization/errors.ts';

/** The base of failures of the runtime whose message this project wrote: it names settings and fields, and never quotes a value. */
export abstract class RuntimeFailure extends Error {
  abstract override readonly name: string;
  abstract readonly code: string;
}

/**
 * Whether the error's message is ours. Messages of parsers, drivers, HTTP clients and SDKs quote what they were given: a secret, a
 * statement's parameters, a body with a card number. They are never logged, answered or printed.
 */
export const isOwnError = (error: unknown): error is TokenizationError | RuntimeFailure =>
  error instanceof TokenizationError || error instanceof RuntimeFailure;

/** A failure that is not ours, told by its name, code and place. It has no cause, because Lambda prints what a handler throws. */
export class UnexpectedFailure extends RuntimeFailure {
  override readonly name = 'UnexpectedFailure';
  /** The failure's own code, such as an SQLSTATE, where it has one. */
  readonly code: string;

  constructor(what: string, error: unknown) {
    const frames = framesOf(error);
    super(`${what}: ${[nameOf(error), codeOf(error)].filter((part) => part !== undefined).join(' ')}.`);
    this.code = codeOf(error) ?? 'unexpected';
    this.stack = [`${this.name}: ${this.message}`, ...frames].join('\n');
  }
}

/** The error itself when its message is ours, and otherwise one that says the same without that message. */
export const asOwnError = (what: string, error: unknown): Error =>
  isOwnError(error) ? error : new UnexpectedFailure(what, error);

/** A name, and not a number or a sentence in a name's place. */
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
/** A frame names a function and a place in a file. */
const FRAME =
  /^ {4}at (?:async )?[\w$.<>[\] #*-]{0,120}\(?(?:(?:file|node|data):)?(?:[^\s():]{0,200}(?::\d+){0,2}|index \d+)\)?$/;

/**
 * The frames of an error's stack. The stack begins with the message, which may have several lines, some of which may look like
 * frames: so the message is taken off by its length, and what then is no frame is dropped.
 */
export function framesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  const { stack, message } = error;
  const start = stack.indexOf(message);
  // Without the message in front nobody can tell where the frames begin: the last unbroken row of them does.
  const lines = (start < 0 ? stack : stack.slice(start + message.length)).split('\n').slice(1);
  const frames = lines.slice(lines.findLastIndex((line) => !FRAME.test(line)) + 1);
  return frames.slice(0, MOST_FRAMES);
}
