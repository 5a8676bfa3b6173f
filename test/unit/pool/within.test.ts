import { expect, test } from 'vitest';
import { TimedOut, within } from '../../../lambdas/pool/database/within.ts';

const never = new Promise<never>(() => undefined);

/** Takes all of the process's time for so long, and lets it read and tick in between. */
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

test('work that gives no answer in an idle process ends after the shorter time', async () => {
  await expect(within(never, 50, 600_000)).rejects.toBeInstanceOf(TimedOut);
});

test('work that is late because the process is busy gets the longer time', async () => {
  const work = beBusy(500).then(() => 'answered');
  expect(await within(work, 100, 600_000)).toBe('answered');
});

test('the longer time ends too', async () => {
  const busy = beBusy(300);
  await expect(within(never, 50, 100)).rejects.toBeInstanceOf(TimedOut);
  await busy;
});
