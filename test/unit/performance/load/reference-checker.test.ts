import { expect, test } from 'vitest';
import { ReferenceChecker } from '../../../../scripts/performance/load/reference-checker.ts';

test('the same card with the same reference is not wrong', () => {
  const checker = new ReferenceChecker();
  for (let times = 0; times < 3; times += 1) checker.record('card a', 'reference 1');
  checker.record('card b', 'reference 2');
  expect(checker.wrongTotal).toBe(0);
  expect(checker.cards).toBe(2);
});

test('one reference for two cards is counted each time', () => {
  const checker = new ReferenceChecker();
  checker.record('card a', 'reference 1');
  checker.record('card b', 'reference 1');
  checker.record('card c', 'reference 1');
  expect(checker.wrongCounts).toEqual({
    'two cards, one reference': 2,
    'one card, two references': 0,
    'given out and not found': 0,
  });
});

test('one card with two references is counted', () => {
  const checker = new ReferenceChecker();
  checker.record('card a', 'reference 1');
  checker.record('card a', 'reference 2');
  expect(checker.wrongCounts['one card, two references']).toBe(1);
});

test('a known reference that is not found is counted', () => {
  const checker = new ReferenceChecker();
  checker.recordMissing();
  expect(checker.wrongTotal).toBe(1);
});
