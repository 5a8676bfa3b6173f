/** A made-up card number for a serial: 16 digits with a right check digit, in a range that no network issues. */
export function madeUpCard(serial: number): string {
  const body = `400000${String(serial % 1_000_000_000).padStart(9, '0')}`;
  let sum = 0;
  for (let place = 0; place < body.length; place += 1) {
    const digit = Number(body[body.length - 1 - place]) * (place % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return `${body}${(10 - (sum % 10)) % 10}`;
}
