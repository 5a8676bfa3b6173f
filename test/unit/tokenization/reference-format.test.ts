import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCardReference } from '../../../lambdas/tokenization/card-reference.ts';
import { isInternalToken } from '../../../lambdas/tokenization/internal-token.ts';
import { passesLuhn } from '../../../lambdas/tokenization/luhn.ts';
import { findFormatFault } from '../../../lambdas/tokenization/reference-format.ts';

test.each([
  ['0', 'both lists'],
  ['3', 'American Express'],
  ['4', 'Visa'],
  ['5', 'Mastercard'],
  ['6', 'Discover'],
  ['7', 'one of the lists'],
  ['1800', 'JCB'],
  ['2131', 'JCB'],
  ['2200', 'Mir, first'],
  ['2204', 'Mir, last'],
  ['2221', 'Mastercard 2-series, first'],
  ['2500', 'Mastercard 2-series'],
  ['2720', 'Mastercard 2-series, last'],
  ['81', 'UnionPay'],
  ['9792', 'Troy'],
])('a reference never starts with %s (%s)', (prefix) => {
  expect(findFormatFault(prefix.padEnd(16, '1'), 'any')).toBe('card-network-prefix');
});

test.each(['1799', '1801', '2130', '2132', '2199', '2205', '2220', '2721', '80', '82', '9791', '9793', '10', '99'])(
  'a reference may start with %s, just outside a network',
  (prefix) => {
    expect(findFormatFault(prefix.padEnd(16, '1'), 'any')).toBeNull();
  },
);

test('the check digit policy decides between the same two references', () => {
  const right = Array.from({ length: 10 }, (_, digit) => `910000000000001${digit}`).find(passesLuhn) as string;
  const wrong = right.slice(0, 15) + ((Number(right[15]) + 1) % 10);
  expect([findFormatFault(right, 'must-fail'), findFormatFault(wrong, 'must-fail')]).toEqual(['check-digit', null]);
  expect([findFormatFault(right, 'must-pass'), findFormatFault(wrong, 'must-pass')]).toEqual([null, 'check-digit']);
  expect([findFormatFault(right, 'any'), findFormatFault(wrong, 'any')]).toEqual([null, null]);
});

test.each(['', '123', '91000000000000011', '91000000000000 1', '910000000000000a'])('%j is no reference', (text) => {
  expect(findFormatFault(text, 'any')).toBe('not-16-digits');
});

test('no text is both an internal token and a reference or a card number', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{13,19}$/), (digits) => {
      expect(isInternalToken(digits)).toBe(false);
    }),
  );
});

test('a card number in the place of a reference is refused without being quoted', () => {
  for (const number of ['4111111111111111', '5555555555554444', '2223003122003222', '6011111111111117']) {
    expect(() => parseCardReference(number)).toThrow(/^cardReferenceId must be a 16-digit card reference$/);
  }
});
