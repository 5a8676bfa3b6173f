import { expect, test } from 'vitest';
import { TimedOut, within } from '../../../lambdas/pool/database/within.ts';

const never = new Promise<never>(() => undefined);

/** Blocks the event loop for `durationMs`. Every 10 ms timers run and sockets are read. */
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

test('work without a result in an idle process is rejected after the shorter time', async () => {
  await expect(within(never, 50, 600_000)).rejects.toBeInstanceOf(TimedOut);
});

test('work that is late because the process is busy gets the longer time limit', async () => {
  const work = beBusy(500).then(() => 'answered');
  expect(await within(work, 100, 600_000)).toBe('answered');
});

test('work without a result in a busy process is rejected after the longer time', async () => {
  const busy = beBusy(300);
  await expect(within(never, 50, 100)).rejects.toBeInstanceOf(TimedOut);
  await busy;
});
