/** A check cannot be tried. The message is the reason. */
export class CannotTry extends Error {
  override readonly name: string = 'CannotTry';
}
