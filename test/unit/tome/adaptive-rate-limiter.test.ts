import { expect, test } from 'vitest';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { RateBudget } from '../../../lambdas/tome/client/adaptive-rate-limiter.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Callers that take turn after turn; counts the turns taken. */
function callers(budget: RateBudget, number: number, deadlineMs = Number.POSITIVE_INFINITY) {
  const taken = { turns: 0 };
  const work = async (): Promise<void> => {
    for (;;) {
      await budget.turn(deadlineMs);
      taken.turns += 1;
    }
  };
  const workers = Promise.allSettled(Array.from({ length: number }, work));
  return { taken, workers };
}

test.each([1, 10, 200])('with %i callers the rate is kept, and used up', async (number) => {
  const clock = new FakeClock();
  const { taken } = callers(new RateBudget(100, clock), number);
  await clock.advance(10_000);
  expect(taken.turns).toBeGreaterThanOrEqual(1_000);
  expect(taken.turns).toBeLessThanOrEqual(1_007);
});

test.each([1, 4, 16])('with %i callers the rate is used up although every timer fires late', async (number) => {
  const clock = new FakeClock();
  const late: Clock = {
    monotonicMs: () => clock.monotonicMs(),
    sleep: (durationMs) => clock.sleep(durationMs + 8),
  };
  const { taken } = callers(new RateBudget(200, late), number);
  await clock.advance(10_000);
  expect(taken.turns).toBeGreaterThanOrEqual(0.97 * 2_000);
  expect(taken.turns).toBeLessThanOrEqual(2_012);
});

test('after a 429 no turn is handed out before TOME said to come back', async () => {
  const clock = new FakeClock();
  const budget = new RateBudget(100, clock);
  budget.slowDown(2_000);
  const { taken } = callers(budget, 20);
  await clock.advance(1_999);
  expect(taken.turns).toBe(0);
  await clock.advance(1_001);
  expect(taken.turns).toBeGreaterThanOrEqual(50);
});

test('a pause is not made up for by a burst', async () => {
  const clock = new FakeClock();
  const budget = new RateBudget(100, clock);
  await budget.turn(Number.POSITIVE_INFINITY);
  await clock.advance(60_000);
  const { taken } = callers(budget, 50);
  await clock.advance(0);
  expect(taken.turns).toBeLessThanOrEqual(6);
});

test('a turn beyond the deadline is refused at once, and takes no turn from others', async () => {
  const clock = new FakeClock();
  const budget = new RateBudget(10, clock);
  const { taken, workers } = callers(budget, 20, clock.monotonicMs() + 1_000);
  await clock.advance(1_000);
  const outcomes = await workers;
  expect(taken.turns).toBeLessThanOrEqual(11);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'tome-budget-spent', attempts: 0 } });
  }
});

test('a 429 halves the rate once for all that were under way, and it grows back slowly', async () => {
  const clock = new FakeClock();
  const budget = new RateBudget(100, clock);
  for (let refusal = 0; refusal < 10; refusal += 1) budget.slowDown(0);
  expect(budget.perSecond).toBe(50);
  await clock.advance(5_000);
  const turn = budget.turn(Number.POSITIVE_INFINITY);
  await clock.advance(1_000);
  await turn;
  expect(budget.perSecond).toBeCloseTo(75, 0);
  await clock.advance(60_000);
  await budget.turn(Number.POSITIVE_INFINITY);
  expect(budget.perSecond).toBe(100);
});

test('however often TOME refuses, a trickle goes on', async () => {
  const clock = new FakeClock();
  const budget = new RateBudget(100, clock);
  for (let refusal = 0; refusal < 50; refusal += 1) {
    budget.slowDown(0);
    await clock.advance(500);
  }
  expect(budget.perSecond).toBe(5);
});
