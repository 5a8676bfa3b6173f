/** All faults of the arguments, one sentence for each. */
export class InvalidArguments extends Error {
  override readonly name = 'InvalidArguments';

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
  }
}
