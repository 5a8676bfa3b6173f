/** Everything that is wrong with the arguments, one sentence each. */
export class InvalidArguments extends Error {
  override readonly name = 'InvalidArguments';

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
  }
}

/** What a parser makes of the arguments. Throws InvalidArguments with its words when they cannot be read. */
export function understood<Values>(parse: () => Values): Values {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArguments([error instanceof Error ? error.message : 'The arguments cannot be read.']);
  }
}
