import { expect, test } from 'vitest';
import { TimedOut, within } from '../../../lambdas/pool/database/within.ts';

const never = new Promise<never>(() => undefined);

/** Keeps the process busy for the time, with turns of the event loop between. */
function beBusy(durationMs: number): Promise<void> {
  const endMs = performance.now() + durationMs;
  return new Promise((resolve) => {
    const spin = (): void => {
      const pauseMs = performance.now() + 10;
      while (performance.now() < pauseMs);
      if (performance.now() < endMs) setImmediate(spin);
      else resolve();
    };
    spin();
  });
}

test('work without an answer is given up after the shorter time in an idle process', async () => {
  await expect(within(never, 50, 600_000)).rejects.toBeInstanceOf(TimedOut);
});

test('work without an answer gets the longer time in a busy process', async () => {
  const work = beBusy(500).then(() => 'answered');
  expect(await within(work, 100, 600_000)).toBe('answered');
});

test('work without an answer is given up after the longer time', async () => {
  const busy = beBusy(300);
  await expect(within(never, 50, 100)).rejects.toBeInstanceOf(TimedOut);
  await busy;
});
