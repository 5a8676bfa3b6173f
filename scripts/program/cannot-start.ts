/**
 * A reason why the program cannot start. The message says what to do, and is shown without a stack.
 */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}
