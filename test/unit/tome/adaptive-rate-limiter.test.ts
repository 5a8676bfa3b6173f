import { expect, test } from 'vitest';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { AdaptiveRateLimiter } from '../../../lambdas/tome/client/adaptive-rate-limiter.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Callers that acquire one slot after another; counts the slots. */
function callers(limiter: AdaptiveRateLimiter, number: number, deadlineMs = Number.POSITIVE_INFINITY) {
  const taken = { slots: 0 };
  const work = async (): Promise<void> => {
    for (;;) {
      await limiter.acquire(deadlineMs);
      taken.slots += 1;
    }
  };
  const workers = Promise.allSettled(Array.from({ length: number }, work));
  return { taken, workers };
}

test.each([1, 10, 200])('%i callers together use the whole rate and not more', async (number) => {
  const clock = new FakeClock();
  const { taken } = callers(new AdaptiveRateLimiter(100, clock), number);
  await clock.advance(10_000);
  expect(taken.slots).toBeGreaterThanOrEqual(1_000);
  expect(taken.slots).toBeLessThanOrEqual(1_007);
});

test.each([1, 4, 16])('%i callers use the whole rate although every timer fires late', async (number) => {
  const clock = new FakeClock();
  const late: Clock = {
    monotonicMs: () => clock.monotonicMs(),
    sleep: (durationMs) => clock.sleep(durationMs + 8),
  };
  const { taken } = callers(new AdaptiveRateLimiter(200, late), number);
  await clock.advance(10_000);
  expect(taken.slots).toBeGreaterThanOrEqual(0.97 * 2_000);
  expect(taken.slots).toBeLessThanOrEqual(2_012);
});

test('after a 429 no caller gets a slot before Retry-After has passed', async () => {
  const clock = new FakeClock();
  const limiter = new AdaptiveRateLimiter(100, clock);
  limiter.slowDown(2_000);
  const { taken } = callers(limiter, 20);
  await clock.advance(1_999);
  expect(taken.slots).toBe(0);
  await clock.advance(1_001);
  expect(taken.slots).toBeGreaterThanOrEqual(50);
});

test('after a quiet minute callers do not get the unused slots as a burst', async () => {
  const clock = new FakeClock();
  const limiter = new AdaptiveRateLimiter(100, clock);
  await limiter.acquire(Number.POSITIVE_INFINITY);
  await clock.advance(60_000);
  const { taken } = callers(limiter, 50);
  await clock.advance(0);
  expect(taken.slots).toBeLessThanOrEqual(6);
});

test('a caller whose slot is after its deadline is refused at once and takes no slot', async () => {
  const clock = new FakeClock();
  const limiter = new AdaptiveRateLimiter(10, clock);
  const { taken, workers } = callers(limiter, 20, clock.monotonicMs() + 1_000);
  await clock.advance(1_000);
  const outcomes = await workers;
  expect(taken.slots).toBeLessThanOrEqual(11);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'tome-budget-spent', attempts: 0 } });
  }
});

test('several 429 at the same time halve the rate once, and it grows back slowly', async () => {
  const clock = new FakeClock();
  const limiter = new AdaptiveRateLimiter(100, clock);
  for (let refusal = 0; refusal < 10; refusal += 1) limiter.slowDown(0);
  expect(limiter.perSecond).toBe(50);
  await clock.advance(5_000);
  const slot = limiter.acquire(Number.POSITIVE_INFINITY);
  await clock.advance(1_000);
  await slot;
  expect(limiter.perSecond).toBeCloseTo(75, 0);
  await clock.advance(60_000);
  await limiter.acquire(Number.POSITIVE_INFINITY);
  expect(limiter.perSecond).toBe(100);
});

test('repeated 429 lower the rate to a twentieth and not to zero', async () => {
  const clock = new FakeClock();
  const limiter = new AdaptiveRateLimiter(100, clock);
  for (let refusal = 0; refusal < 50; refusal += 1) {
    limiter.slowDown(0);
    await clock.advance(500);
  }
  expect(limiter.perSecond).toBe(5);
});
