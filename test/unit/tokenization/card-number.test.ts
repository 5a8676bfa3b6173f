import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInput } from '../../../lambdas/tokenization/errors.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { passesLuhn } from '../../../lambdas/tokenization/model/luhn.ts';
import { anyCardNumber, digits as exactly, withCheckDigit } from './generated-card-numbers.ts';

const digits = (minLength: number, maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength, maxLength }).map((values) => values.join(''));
const isRefused = (text: string): boolean => {
  try {
    CardNumber.parse(text);
    return false;
  } catch (error) {
    if (error instanceof InvalidInput) return true;
    throw error;
  }
};

test.each(['4111111111111111', '378282246310005', '6304000000000000', '30569309025904'])(
  'a documented test number is accepted (%#)',
  (number) => {
    expect(CardNumber.parse(number).reveal()).toBe(number);
  },
);

test('exactly one of ten last digits is a valid check digit', () => {
  fc.assert(
    fc.property(digits(12, 18), (body) => {
      const right = Array.from({ length: 10 }, (_, check) => `${body}${check}`).filter(passesLuhn);
      expect(right).toHaveLength(1);
    }),
  );
});

/** Numbers of networks with one length: a number of this length is accepted, and no longer one. */
const UNAMBIGUOUS = fc
  .tuple(
    fc.constantFrom(
      ['51', 16],
      ['55', 16],
      ['2221', 16],
      ['2720', 16],
      ['34', 15],
      ['37', 15],
      ['1800', 15],
      ['8600', 16],
      ['9860', 16],
      ['9792', 16],
      ['508', 16],
    ),
    exactly(18),
  )
  .map(([[prefix, length], rest]) => withCheckDigit(`${prefix}${rest}`.slice(0, Number(length) - 1)));

test('a number with its security code appended is refused when its network has one length', () => {
  let passing = 0;
  fc.assert(
    fc.property(UNAMBIGUOUS, fc.oneof(exactly(3), exactly(4)), (number, code) => {
      expect(isRefused(number)).toBe(false);
      if (`${number}${code}`.length <= 19 && passesLuhn(`${number}${code}`)) passing += 1;
      expect(isRefused(`${number}${code}`)).toBe(true);
    }),
    { seed: 8, numRuns: 2_000 },
  );
  // In these cases the check digit is valid by chance, and only the length refuses the number.
  expect(passing).toBeGreaterThan(50);
});

test('a stored number that only earlier rules accepted stays readable', () => {
  const withCode = withCheckDigit('511111111111111100');
  expect(isRefused(withCode)).toBe(true);
  expect(CardNumber.stored(withCode)?.reveal()).toBe(withCode);
  for (const text of ['', '411111111111', '4111111111111112', '4111 1111 1111 1111', `${withCode}0`]) {
    expect(CardNumber.stored(text)).toBeNull();
  }
});

test('a Visa number has 13, 16 or 19 digits', () => {
  const accepted = Array.from({ length: 7 }, (_, index) => 13 + index).filter(
    (length) => !isRefused(withCheckDigit(`4${'0'.repeat(length - 2)}`)),
  );
  expect(accepted).toEqual([13, 16, 19]);
});

test('a number that starts with zero is refused', () => {
  for (let length = 13; length <= 19; length += 1) {
    expect(isRefused('0'.repeat(length))).toBe(true);
    expect(isRefused(withCheckDigit(`04${'1'.repeat(length - 3)}`))).toBe(true);
  }
});

test('a number of an unknown network is accepted with 13 to 19 digits', () => {
  for (let length = 13; length <= 19; length += 1) {
    expect(isRefused(withCheckDigit(`99${'1'.repeat(length - 3)}`))).toBe(false);
  }
});

test('12 and 20 digits are refused with any check digit', () => {
  for (const body of ['4'.repeat(11), '4'.repeat(19)]) expect(isRefused(withCheckDigit(body))).toBe(true);
});

test('a number of 16 digits of any network is accepted', () => {
  fc.assert(
    fc.property(anyCardNumber(), (number) => {
      if (number.length === 16 && !number.startsWith('1')) expect(isRefused(number)).toBe(false);
    }),
    { seed: 8, numRuns: 2_000 },
  );
});

test('a card number is printed as a placeholder, and only reveal returns its digits', () => {
  fc.assert(
    fc.property(UNAMBIGUOUS, (number) => {
      const card = CardNumber.parse(number);
      const shown = [
        String(card),
        ''.concat(card as unknown as string),
        JSON.stringify({ card }),
        inspect(card, { showHidden: true, depth: 5 }),
        inspect({ nested: [card] }),
        Object.keys(card).join(),
        JSON.stringify(Object.entries(card)),
      ].join(' ');
      expect(shown).not.toContain(number);
      expect(shown).toContain('[card number]');
      expect(card.reveal()).toBe(number);
    }),
  );
});

test('the error for a refused number names the field and does not quote the number', () => {
  fc.assert(
    fc.property(fc.oneof(digits(1, 30), fc.string()), (text) => {
      fc.pre(!(/^[0-9]{13,19}$/.test(text) && passesLuhn(text)) && text.length > 3);
      try {
        CardNumber.parse(text);
      } catch (error) {
        const { message, stack } = error as Error;
        expect(message).toMatch(/^cardNumber /);
        expect(`${message} ${stack?.split('\n')[0]}`).not.toContain(text);
        return;
      }
      throw new Error('It was not refused.');
    }),
  );
});
