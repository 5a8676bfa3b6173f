import { expect, test } from 'vitest';
import { ReferenceBook } from '../../../../scripts/performance/load/reference-book.ts';

test('the same card with the same reference again is nothing wrong', () => {
  const book = new ReferenceBook();
  for (let times = 0; times < 3; times += 1) book.note('card a', 'reference 1');
  book.note('card b', 'reference 2');
  expect(book.wrongTotal).toBe(0);
  expect(book.cards).toBe(2);
});

test('one reference named for two cards is found, each time that it is named', () => {
  const book = new ReferenceBook();
  book.note('card a', 'reference 1');
  book.note('card b', 'reference 1');
  book.note('card c', 'reference 1');
  expect(book.wrongCounts).toEqual({
    'two cards, one reference': 2,
    'one card, two references': 0,
    'given out and not found': 0,
  });
});

test('one card with two references is found', () => {
  const book = new ReferenceBook();
  book.note('card a', 'reference 1');
  book.note('card a', 'reference 2');
  expect(book.wrongCounts['one card, two references']).toBe(1);
});

test('a reference that was given out and is not found is wrong', () => {
  const book = new ReferenceBook();
  book.noteMissing();
  expect(book.wrongTotal).toBe(1);
});
