import { InvalidInput } from '../errors.ts';

/** A caller's Idempotency-Key: 1-255 printable ASCII characters. Kept only as a keyed hash, because callers put anything into it. */
export function parseIdempotencyKey(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(text)) {
    throw new InvalidInput('Idempotency-Key', 'must be 1 to 255 printable characters without spaces');
  }
  return text;
}
