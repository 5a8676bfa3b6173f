import { expect, test } from 'vitest';
import { watchLevel } from '../../../../scripts/performance/load/level-samples.ts';
import type { ApiAnswer, Sender } from '../../../../scripts/performance/load/sender.ts';

const answering = (answers: readonly ApiAnswer[]): Sender => {
  let looks = 0;
  return {
    async send() {
      looks += 1;
      return answers[Math.min(looks, answers.length) - 1] ?? { status: 0, error: 'no answer: none', body: {} };
    },
    close: () => undefined,
  };
};
const level = (available: number): ApiAnswer => ({ status: 200, error: null, body: { available, staged: 0 } });

test('the level is looked at from the start and once more when it ends', async () => {
  const watch = watchLevel(answering([level(10), level(7)]), 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  await watch.stop();
  expect(watch.samples.map(({ available }) => available)).toEqual([10, 7]);
  expect(watch.failures).toEqual({});
});

test('looks that are refused, or tell no level, are counted by what came instead', async () => {
  const refused: ApiAnswer = { status: 403, error: 'no code', body: {} };
  const watch = watchLevel(answering([refused, { status: 200, error: null, body: {} }]), 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  await watch.stop();
  expect(watch.samples).toEqual([]);
  expect(watch.failures).toEqual({ '403 no code': 1, '200 without a level': 1 });
});
