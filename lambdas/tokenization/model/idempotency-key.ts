import { InvalidInput } from '../errors.ts';

/** Reads a caller's Idempotency-Key: 1 to 255 printable ASCII characters. Throws InvalidInput. */
export function parseIdempotencyKey(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(text)) {
    throw new InvalidInput('Idempotency-Key', 'must be 1 to 255 printable characters without spaces');
  }
  return text;
}
