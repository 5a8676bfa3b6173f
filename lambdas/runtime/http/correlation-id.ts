import { randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The caller's correlation id, or a new one when there is none or it cannot be written to a log: too long, odd characters, or digits that could
 * be a card number, separators left out (I11).
 */
export function correlationIdFrom(given: string | undefined): string {
  if (given === undefined) return randomUUID();
  if (UUID.test(given)) return given;
  const isPlain = /^[A-Za-z0-9._:-]{1,64}$/.test(given) && !/\d{13}/.test(given.replaceAll(/[^A-Za-z0-9]/g, ''));
  return isPlain ? given : randomUUID();
}
