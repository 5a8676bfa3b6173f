/**
 * Returns a made-up card number of 16 digits with a valid check digit. It starts with 400000, which
 * is in the range of Visa, so do not send these numbers to a production TOME.
 */
export function madeUpCard(serial: number): string {
  const body = `400000${String(serial % 1_000_000_000).padStart(9, '0')}`;
  return `${body}${checkDigitOf(body)}`;
}

/** The check digit (Luhn) that makes these digits valid when it is added at the end. */
export function checkDigitOf(body: string): number {
  let sum = 0;
  for (let index = 0; index < body.length; index += 1) {
    const digit = Number(body[body.length - 1 - index]) * (index % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return (10 - (sum % 10)) % 10;
}

/** The last serial with which a program may begin: a run uses fewer than 1,000 of nine digits. */
export const LAST_FIRST_SERIAL = 999_999_000;

/** A serial with which a run may begin, so that two runs seldom use the same cards. */
export const randomFirstSerial = (random: () => number): number => Math.floor(random() * LAST_FIRST_SERIAL);
