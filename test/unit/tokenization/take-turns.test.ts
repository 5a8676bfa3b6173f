import { expect, test } from 'vitest';
import { takeTurns } from '../../../lambdas/tokenization/take-turns.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const clock = new FakeClock();
const deadlineMs = Number.POSITIVE_INFINITY;

/** Work with `rows` rows in batches of ten. */
function work<Name extends string>(name: Name, rows: number, onBatch: (name: Name) => void = () => undefined) {
  let left = rows;
  return {
    name,
    limit: 10,
    async batch() {
      onBatch(name);
      const done = Math.min(10, left);
      left -= done;
      return done;
    },
  };
}

test('each work runs until a batch is not full, and its rows are counted', async () => {
  expect(await takeTurns([work('a', 35), work('b', 0), work('c', 10)], { deadlineMs, clock })).toEqual({
    a: 35,
    b: 0,
    c: 10,
  });
});

test('a work with a large backlog does not delay the others', async () => {
  const order: string[] = [];
  const note = (name: string): void => {
    order.push(name);
  };
  await takeTurns([work('a', 45, note), work('b', 15, note)], { deadlineMs, clock });
  expect(order.join('')).toBe('ababaaa');
});

test('a work that fails stops only itself, and its error is thrown after the others have finished', async () => {
  const failing = {
    name: 'failing',
    limit: 10,
    batch: () => Promise.reject(new Error('it failed')),
  };
  let rows = 0;
  const other = work('other', 30, () => {
    rows += 1;
  });
  await expect(takeTurns([failing, other], { deadlineMs, clock })).rejects.toThrow('it failed');
  expect(rows).toBe(4);
});

test('no batch starts after the deadline', async () => {
  const hurried = new FakeClock();
  const slow = {
    name: 'slow',
    limit: 1,
    async batch() {
      await hurried.advance(400);
      return 1;
    },
  };
  expect(await takeTurns([slow], { deadlineMs: hurried.monotonicMs() + 1_000, clock: hurried })).toEqual({ slow: 3 });
});
