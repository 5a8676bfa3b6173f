/** Everything that is wrong with the arguments, one sentence each. */
export class InvalidArguments extends Error {
  override readonly name = 'InvalidArguments';

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
  }
}
