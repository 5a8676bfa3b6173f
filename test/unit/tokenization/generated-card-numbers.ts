import fc from 'fast-check';
import { CARD_NETWORK_RANGES } from '../../../lambdas/tokenization/model/card-networks.ts';

/** Appends the check digit. Does not use the product's own check. */
export function withCheckDigit(body: string): string {
  const sum = Array.from(body, Number)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? digit * 2 : digit))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

export const digits = (length: number) =>
  fc.array(fc.nat({ max: 9 }), { minLength: length, maxLength: length }).map((values) => values.join(''));

/** A card number of any network in the table, with a length of this network. */
export const anyCardNumber = () =>
  fc
    .constantFrom(...CARD_NETWORK_RANGES)
    .chain(({ from, to, lengths }) =>
      fc
        .tuple(fc.integer({ min: Number(from), max: Number(to) }), fc.constantFrom(...lengths))
        .chain(([prefix, length]) =>
          digits(length - 1 - from.length).map((rest) => withCheckDigit(`${prefix}${rest}`)),
        ),
    );
