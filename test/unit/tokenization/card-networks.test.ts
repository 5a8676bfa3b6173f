import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CARD_NETWORK_RANGES,
  couldBeCardNumber,
  lengthsOfNetwork,
  startsBetween,
} from '../../../lambdas/tokenization/model/card-networks.ts';
import { findFormatFault } from '../../../lambdas/tokenization/model/reference-format.ts';
import { anyCardNumber, withCheckDigit } from './generated-card-numbers.ts';

test('every range of the table has a valid prefix, valid lengths and a source', () => {
  for (const { network, from, to, lengths, source } of CARD_NETWORK_RANGES) {
    expect(`${from} ${to}`, network).toMatch(/^\d{1,8} \d{1,8}$/);
    expect(to.length, network).toBe(from.length);
    expect(from <= to, `${network} ${from}-${to}`).toBe(true);
    expect(lengths.length, network).toBeGreaterThan(0);
    expect(lengths.every((length) => length >= 13 && length <= 19)).toBe(true);
    expect(source, network).toMatch(/^(https:\/\/|ISO\/IEC )/);
  }
});

test('a generated number of each network could be a card number, and not with another last digit', () => {
  fc.assert(
    fc.property(anyCardNumber(), fc.nat({ max: 100 }), (number, seed) => {
      expect(couldBeCardNumber(number)).toBe(true);
      const last = (Number(number.at(-1)) + 1 + (seed % 9)) % 10;
      expect(couldBeCardNumber(number.slice(0, -1) + last)).toBe(false);
    }),
    { seed: 8, numRuns: 2_000 },
  );
});

test('16 digits with the prefix of any network are not a reference', () => {
  const ranges = CARD_NETWORK_RANGES.filter(({ from, lengths }) => from.length > 1 || lengths.includes(16));
  for (const { network, from, to } of ranges) {
    for (const prefix of [from, to]) {
      expect(findFormatFault(prefix.padEnd(16, '0'), 'any'), `${network} ${prefix}`).toBe('card-network-prefix');
    }
  }
});

test('a number that could be a card number is never a reference', () => {
  fc.assert(
    fc.property(anyCardNumber(), (number) => {
      expect(number.length === 16 && findFormatFault(number, 'any') === null).toBe(false);
    }),
    { seed: 8, numRuns: 2_000 },
  );
});

test.each([
  ['Visa', '411111111111', [13, 16, 19]],
  ['American Express', '378282246310', [15]],
  ['Mastercard', '555555555555', [16]],
  ['Mastercard, 2 series', '272099999999', [16]],
  ['JCB, 15 digits', '180012345678', [15]],
  ['UATP', '122000000000', [15]],
  ['RuPay, inside Maestro', '508000000000', [16]],
  ['UzCard', '860012345678', [16]],
  ['Napas', '970400001234', [16, 19]],
])('%s has the lengths of its longest prefix', (_network, digits, lengths) => {
  expect(lengthsOfNetwork(digits)).toEqual(lengths);
});

test('digits of an unknown network have no lengths', () => {
  for (const digits of ['9999999999999', '8000000000000', '7777777777777', '2199999999999']) {
    expect(lengthsOfNetwork(digits)).toBeNull();
  }
});

test('a range contains its first and last prefix and nothing outside', () => {
  const range = { from: '2221', to: '2720' };
  const inside = ['2220', '2221', '2500', '2720', '2721'].map((prefix) => startsBetween(`${prefix}9`, range));
  expect(inside).toEqual([false, true, true, true, false]);
});

test('a generated number has a valid check digit', () => {
  expect(withCheckDigit('411111111111111')).toBe('4111111111111111');
});
