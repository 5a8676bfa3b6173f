import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CardNumber } from '../../../lambdas/tokenization/card-number.ts';
import { passesLuhn } from '../../../lambdas/tokenization/luhn.ts';

const digits = (minLength: number, maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength, maxLength }).map((values) => values.join(''));
const cardNumbers = digits(12, 18).map((body) => {
  for (let check = 0; check < 10; check += 1) if (passesLuhn(`${body}${check}`)) return `${body}${check}`;
  throw new Error('One of ten check digits is right.');
});

test.each(['4111111111111111', '378282246310005', '6304000000000000', '30569309025904'])(
  'a documented test number passes the check digit (%#)',
  (number) => {
    expect(CardNumber.parse(number).reveal()).toBe(number);
  },
);

test('exactly one of the ten last digits makes a card number', () => {
  fc.assert(
    fc.property(digits(12, 18), (body) => {
      const right = Array.from({ length: 10 }, (_, check) => `${body}${check}`).filter(passesLuhn);
      expect(right).toHaveLength(1);
    }),
  );
});

test('a card number shows itself in no way but reveal', () => {
  fc.assert(
    fc.property(cardNumbers, (number) => {
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

test('what is refused is named by its field and never quoted', () => {
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
