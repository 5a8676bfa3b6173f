import { expect, test } from 'vitest';
import { openLoop } from '../../../../scripts/performance/load/open-loop.ts';

test('later requests go out while earlier ones are not answered', async () => {
  const answers: (() => void)[] = [];
  let sentAtOnce = 0;
  const outcome = await openLoop({
    arrivals: [0, 1, 2, 3],
    send: () => {
      sentAtOnce += 1;
      return new Promise((resolve) => {
        answers.push(resolve);
        // Nobody is answered before all have asked.
        if (answers.length === 4) for (const answer of answers) answer();
      });
    },
  });
  expect(sentAtOnce).toBe(4);
  expect(outcome).toMatchObject({ sent: 4, notSent: 0 });
});

test('a request that could only go out late is still counted from when it was due', async () => {
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
  expect(dues.map(({ dueMs }) => dueMs - (dues[0]?.dueMs ?? 0))).toEqual([0, 0, 0, 5]);
  // The first one kept the loop busy for 30 ms, and those behind it waited that long.
  expect(dues.slice(1).every(({ index, waitedMs }) => waitedMs >= (index === 3 ? 25 : 30))).toBe(true);
});

test('requests beyond the most that may be under way are counted and not sent', async () => {
  const first = Promise.withResolvers<void>();
  let sent = 0;
  const outcome = openLoop({
    arrivals: [0, 0, 0, 0, 0],
    maxUnderWay: 2,
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
