import { expect, test } from 'vitest';
import { openLoop } from '../../../../scripts/performance/load/open-loop.ts';

test('later requests are sent while earlier ones are open', async () => {
  const answers: (() => void)[] = [];
  let sentAtOnce = 0;
  const outcome = await openLoop({
    arrivals: [0, 1, 2, 3],
    send: () => {
      sentAtOnce += 1;
      return new Promise((resolve) => {
        answers.push(resolve);
        // No request is answered before all are sent.
        if (answers.length === 4) for (const answer of answers) answer();
      });
    },
  });
  expect(sentAtOnce).toBe(4);
  expect(outcome).toMatchObject({ sent: 4, notSent: 0 });
});

test('the latency of a request that is sent late is measured from the time at which it was due', async () => {
  const dues: { index: number; dueMs: number; waitedMs: number }[] = [];
  await openLoop({
    arrivals: [0, 0, 0, 5],
    async send({ index, dueMs }) {
      if (index === 0) {
        const untilMs = performance.now() + 30;
        while (performance.now() < untilMs);
      }
      dues.push({ index, dueMs, waitedMs: performance.now() - dueMs });
    },
  });
  // A difference of two times of the process's clock has a rounding error.
  const afterFirstMs = dues.map(({ dueMs }) => dueMs - (dues[0]?.dueMs ?? 0));
  for (const [index, expectedMs] of [0, 0, 0, 5].entries()) expect(afterFirstMs[index]).toBeCloseTo(expectedMs, 6);
  // The first request blocked the loop for 30 ms, and the others waited.
  expect(dues.slice(1).every(({ index, waitedMs }) => waitedMs >= (index === 3 ? 25 : 30))).toBe(true);
});

test('requests beyond the limit of open requests are counted and not sent', async () => {
  const first = Promise.withResolvers<void>();
  let sent = 0;
  const outcome = openLoop({
    arrivals: [0, 0, 0, 0, 0],
    maxOpen: 2,
    send: () => {
      sent += 1;
      return first.promise;
    },
  });
  first.resolve();
  expect(await outcome).toMatchObject({ sent: 2, notSent: 3 });
  expect(sent).toBe(2);
});

test('an empty schedule ends at once', async () => {
  expect(await openLoop({ arrivals: [], send: () => Promise.reject(new Error('never')) })).toMatchObject({ sent: 0 });
});

test('a sender that throws ends the loop with its error', async () => {
  await expect(openLoop({ arrivals: [0], send: () => Promise.reject(new Error('broken')) })).rejects.toThrow('broken');
});
