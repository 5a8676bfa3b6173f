import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { SOURCE_DIGITS } from '../../../lambdas/tokenization/model/digit-form.ts';
import {
  type AccountNumberForm,
  CARD_NUMBERS,
  digitFormOf,
  SOURCE_CHECK_DIGITS,
} from '../../../lambdas/tokenization/model/source-form.ts';
import { madeUpSource } from '../../../scripts/local/made-up-sources.ts';
import { digits, withCheckDigit } from './generated-card-numbers.ts';

const accounts = (lengths: readonly number[], checkDigit: AccountNumberForm['checkDigit']): AccountNumberForm => ({
  kind: 'account-number',
  lengths,
  checkDigit,
});
const TEN_TO_TWELVE = accounts([10, 11, 12], 'none');

/** The message with which a text is refused; `accepted` when it is not. */
const faultOf = (text: string, form: AccountNumberForm): string => {
  try {
    return CardNumber.parse(text, form, 'accountNumber').reveal() === text ? 'accepted' : 'changed';
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
};

test.each([
  ['with a wrong check digit', '1234567890'],
  ['with leading zeros', '0000000001'],
  ['of zeros only', '000000000000'],
  ['that starts like a card number', '4111111111'],
])('an account number %s is accepted and keeps every digit', (_what, number) => {
  expect(faultOf(number, TEN_TO_TWELVE)).toBe('accepted');
});

test.each([
  ['one digit too few', '123456789'],
  ['one digit too many', '1234567890123'],
  ['a card number', '4111111111111111'],
  ['spaces', '1234 567890'],
  ['a line feed', '1234567890\n'],
  ['letters', '123456789O'],
  ['digits of another script', '١٢٣٤٥٦٧٨٩٠'],
  ['nothing', ''],
])('a text with %s is refused as an account number of 10 to 12 digits', (_what, text) => {
  expect(faultOf(text, TEN_TO_TWELVE)).toBe('accountNumber must be 10 to 12 digits without spaces');
});

test('lengths that are not one range are named as they are', () => {
  expect(faultOf('1', accounts([12], 'none'))).toBe('accountNumber must be 12 digits without spaces');
  expect(faultOf('1', accounts([12, 16], 'none'))).toBe('accountNumber must be 12 or 16 digits without spaces');
  expect(faultOf('1', accounts([8, 10, 11, 12, 16], 'none'))).toBe(
    'accountNumber must be 8, 10 to 12 or 16 digits without spaces',
  );
  expect(faultOf('123456789', accounts([8, 10], 'none'))).toContain('8 or 10 digits');
});

test('with a check digit exactly one of ten last digits is accepted', () => {
  fc.assert(
    fc.property(digits(11), (body) => {
      const form = accounts([12], 'luhn');
      const accepted = Array.from({ length: 10 }, (_, last) => `${body}${last}`).filter(
        (number) => faultOf(number, form) === 'accepted',
      );
      expect(accepted).toEqual([withCheckDigit(body)]);
    }),
  );
  expect(faultOf('000000000001', accounts([12], 'luhn'))).toBe('accountNumber has a wrong check digit');
});

test('no refusal contains the text that was refused', () => {
  fc.assert(
    fc.property(digits(9), fc.constantFrom(...SOURCE_CHECK_DIGITS), (text, checkDigit) => {
      expect(faultOf(text, accounts([10, 12], checkDigit))).not.toContain(text);
      expect(faultOf(`${text}000`, accounts([13], checkDigit))).not.toContain(text);
    }),
  );
});

test('an account number cannot be printed by accident', () => {
  const number = '0012345678';
  const account = CardNumber.parse(number, TEN_TO_TWELVE, 'accountNumber');
  const views = [String(account), JSON.stringify({ account }), inspect({ account }, { depth: 9 })];
  for (const view of views) expect(view).not.toContain('12345');
});

test('what TOME stores stays readable when the lengths or the check digit of a domain change', () => {
  for (let length = SOURCE_DIGITS.fewest; length <= SOURCE_DIGITS.most; length += 1) {
    const number = '0'.repeat(length - 1).concat('7');
    expect(CardNumber.stored(number, accounts([10], 'luhn'))?.reveal()).toBe(number);
  }
  for (const text of ['1234567', '12345678901234567890', '12345678a', '1234 5678', '', 'b3c1a0f6']) {
    expect(CardNumber.stored(text, TEN_TO_TWELVE)).toBeNull();
  }
  expect(CardNumber.stored('0000000000001', CARD_NUMBERS)).toBeNull();
});

test('the masks of logs get the lengths and the check digit of account numbers, and nothing for card numbers', () => {
  expect(digitFormOf(CARD_NUMBERS)).toBeNull();
  expect(digitFormOf(TEN_TO_TWELVE)).toEqual({ lengths: [10, 11, 12], checkDigit: 'any' });
  expect(digitFormOf(accounts([12], 'luhn'))).toEqual({ lengths: [12], checkDigit: 'must-pass' });
});

test.each([accounts([10, 14, 19], 'none'), accounts([12], 'luhn'), accounts([8], 'none'), accounts([19], 'luhn')])(
  'made-up account numbers have the form %j, are different, and have a wrong check digit where none is required',
  (form) => {
    const numbers = Array.from({ length: 500 }, (_, serial) => madeUpSource(serial, form));
    expect(numbers.map((number) => faultOf(number, form))).toEqual(numbers.map(() => 'accepted'));
    expect(new Set(numbers).size).toBe(500);
    expect(numbers.every((number) => number.startsWith('0'))).toBe(true);
    const valid = numbers.filter((number) => withCheckDigit(number.slice(0, -1)) === number);
    expect(valid).toHaveLength(form.checkDigit === 'luhn' ? 500 : 0);
  },
);
