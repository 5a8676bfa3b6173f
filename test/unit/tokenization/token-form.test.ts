import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passesLuhn } from '../../../lambdas/tokenization/model/luhn.ts';
import { CARD_NUMBERS, findSourceFault } from '../../../lambdas/tokenization/model/source-form.ts';
import {
  type DigitRange,
  hasForm,
  mayCoincide,
  mayLookLikeCard,
  type TokenForm,
} from '../../../lambdas/tokenization/model/token-form.ts';
import { anyCardNumber, withCheckDigit } from './generated-card-numbers.ts';

const sixteen: TokenForm = { alphabet: 'digits', shortest: 16, longest: 16, forbiddenStarts: [], checkDigit: 'any' };
const withStarts = (...forbiddenStarts: readonly DigitRange[]): TokenForm => ({ ...sixteen, forbiddenStarts });
const range = (from: string, to = from): DigitRange => ({ from, to });

const someDigits = fc.stringMatching(/^[0-9]{16}$/);
const someForm = fc.record({
  alphabet: fc.constant('digits' as const),
  shortest: fc.constantFrom(15, 16),
  longest: fc.constantFrom(16, 17),
  checkDigit: fc.constantFrom('any' as const, 'must-fail' as const, 'must-pass' as const),
  forbiddenStarts: fc.array(
    fc
      .tuple(fc.stringMatching(/^[0-9]{2}$/), fc.stringMatching(/^[0-9]{2}$/))
      .map(([one, other]) => (one <= other ? range(one, other) : range(other, one))),
    { maxLength: 4 },
  ),
});

test('a text has a form by its alphabet, its length, its start and its check digit', () => {
  expect(hasForm('1234567890123456', sixteen)).toBe(true);
  expect(hasForm('123456789012345', sixteen)).toBe(false);
  expect(hasForm('1234567890123456\n', sixteen)).toBe(false);
  expect(hasForm('12345678901234_6', sixteen)).toBe(false);
  expect(hasForm('1234567890123456', withStarts(range('12', '13')))).toBe(false);
  expect(hasForm('1234567890123456', { ...sixteen, checkDigit: 'must-pass' })).toBe(passesLuhn('1234567890123456'));
  expect(hasForm('it_a-Z45678901234567', { ...sixteen, alphabet: 'url-safe', longest: 64 })).toBe(true);
});

test('forms that share no length, no start or no check digit never coincide', () => {
  expect(mayCoincide(sixteen, { ...sixteen, shortest: 17, longest: 19 })).toBe(false);
  expect(mayCoincide(withStarts(range('0', '4')), withStarts(range('5', '9')))).toBe(false);
  expect(mayCoincide(withStarts(range('0', '4')), withStarts(range('50', '99')))).toBe(false);
  expect(mayCoincide(withStarts(range('0', '4')), withStarts(range('51', '99')))).toBe(true);
  expect(mayCoincide({ ...sixteen, checkDigit: 'must-fail' }, { ...sixteen, checkDigit: 'must-pass' })).toBe(false);
});

test('forms coincide whenever one text has both', () => {
  fc.assert(
    fc.property(someDigits, someForm, someForm, (text, one, other) => {
      fc.pre(hasForm(text, one) && hasForm(text, other));
      expect(mayCoincide(one, other)).toBe(true);
    }),
  );
});

test('a form can look like a card number whenever a request may contain one of its texts as one', () => {
  // Also numbers of no known network, such as 950000000000000 and a check digit.
  const accepted = fc.oneof(
    anyCardNumber(),
    someDigits.map((text) => withCheckDigit(text.slice(1))),
  );
  fc.assert(
    fc.property(accepted, someForm, (text, form) => {
      fc.pre(findSourceFault(text, CARD_NUMBERS) === null && hasForm(text, form));
      expect(mayLookLikeCard(form)).toBe(true);
    }),
  );
});

test('a form does not look like a card number with a wrong check digit, a first 0 or another length', () => {
  expect(mayLookLikeCard(sixteen)).toBe(true);
  // Only 95 is left, which no known network has.
  expect(mayLookLikeCard(withStarts(range('0', '8'), range('90', '94'), range('96', '99')))).toBe(true);
  expect(mayLookLikeCard({ ...sixteen, checkDigit: 'must-fail' })).toBe(false);
  expect(mayLookLikeCard(withStarts(range('1', '9')))).toBe(false);
  expect(mayLookLikeCard({ ...sixteen, shortest: 20, longest: 64 })).toBe(false);
  expect(mayLookLikeCard({ ...sixteen, shortest: 8, longest: 12 })).toBe(false);
});
