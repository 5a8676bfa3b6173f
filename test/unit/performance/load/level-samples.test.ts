import { expect, test } from 'vitest';
import { watchLevel } from '../../../../scripts/performance/load/level-samples.ts';
import type { ApiAnswer, Sender } from '../../../../scripts/performance/load/sender.ts';

const answering = (answers: readonly ApiAnswer[]): Sender => {
  let requests = 0;
  return {
    async send() {
      requests += 1;
      return answers[Math.min(requests, answers.length) - 1] ?? { status: 0, error: 'no answer: none', body: {} };
    },
    close: () => undefined,
  };
};
const level = (available: number): ApiAnswer => ({ status: 200, error: null, body: { available, staged: 0 } });

test('the level is sampled at the start and once more at the end', async () => {
  const watch = watchLevel(answering([level(10), level(7)]), 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  await watch.stop();
  expect(watch.samples.map(({ available }) => available)).toEqual([10, 7]);
  expect(watch.failures).toEqual({});
});

test('samples that are refused or have no level are counted by their error', async () => {
  const refused: ApiAnswer = { status: 403, error: 'no code', body: {} };
  const watch = watchLevel(answering([refused, { status: 200, error: null, body: {} }]), 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  await watch.stop();
  expect(watch.samples).toEqual([]);
  expect(watch.failures).toEqual({ '403 no code': 1, '200 without a level': 1 });
});
