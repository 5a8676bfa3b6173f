import { availableParallelism } from 'node:os';

export interface BusyOptions {
  readonly times: number;
  readonly loops: number;
  /** The arguments of vitest. */
  readonly vitest: readonly string[];
}

/** An option has a value that is not a whole number in its range. */
export class InvalidBusyOption extends Error {
  override readonly name = 'InvalidBusyOption';
}

/**
 * Reads `--times N` and `--loops N`. All other arguments are for vitest. Throws InvalidBusyOption.
 */
export function parseBusyOptions(parameters: readonly string[]): BusyOptions {
  let times = 1;
  let loops = 2 * availableParallelism();
  const vitest: string[] = [];
  const words = parameters.values();
  for (const word of words) {
    if (word === '--times') times = wholeNumber(word, words.next().value, 1);
    else if (word === '--loops') loops = wholeNumber(word, words.next().value, 0);
    else vitest.push(word);
  }
  return { times, loops, vitest };
}

function wholeNumber(option: string, text: string | undefined, least: number): number {
  const number = Number(text);
  if (text === undefined || !/^\d{1,3}$/.test(text) || number < least) {
    throw new InvalidBusyOption(`${option} must be a whole number from ${least} to 999.`);
  }
  return number;
}
