import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from '../../../lambdas/tome/client/retry-budget.ts';
import { retryDelayMs } from '../../../lambdas/tome/client/retry-timing.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const timing = { backoffBaseMs: 50, backoffCapMs: 1_000 };

test('a delay lies anywhere below a ceiling that doubles up to its cap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, chance) => {
      const delay = retryDelayMs(attempt, timing, () => chance);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(1_000, 50 * 2 ** (attempt - 1)));
    }),
  );
  expect(retryDelayMs(3, timing, () => 0.5)).toBe(100);
});

test("TOME's Retry-After is never undercut", () => {
  expect(retryDelayMs(1, timing, () => 0, 2_000)).toBe(2_000);
});

test('when everything fails, retries are a tenth of the calls', () => {
  const budget = new RetryBudget(0.1, new FakeClock());
  let retries = 0;
  for (let call = 0; call < 10_000; call += 1) {
    budget.earn();
    for (let attempt = 0; attempt < 2; attempt += 1) if (budget.spend()) retries += 1;
  }
  expect(retries).toBeGreaterThan(990);
  expect(retries).toBeLessThanOrEqual(1_003);
});

test('a first call may be retried, and long quiet does not save up a storm', () => {
  const budget = new RetryBudget(0.1, new FakeClock());
  expect(budget.spend()).toBe(true);
  for (let call = 0; call < 100_000; call += 1) budget.earn();
  let retries = 0;
  while (budget.spend()) retries += 1;
  expect(retries).toBeLessThanOrEqual(50);
});

test('two faults in a quiet hour are both retried, although an hour of two calls earns no retry', async () => {
  const clock = new FakeClock();
  const budget = new RetryBudget(0.1, clock);
  while (budget.spend());
  for (let fault = 0; fault < 2; fault += 1) {
    await clock.advance(30 * 60_000);
    budget.earn();
    expect(budget.spend()).toBe(true);
  }
});

test('what time alone brings back is a floor: it is never more than a few, and nothing beside a busy client', async () => {
  const clock = new FakeClock();
  const budget = new RetryBudget(0, clock);
  while (budget.spend());
  await clock.advance(24 * 3_600_000);
  let retries = 0;
  while (budget.spend()) retries += 1;
  expect(retries).toBe(3);
  await clock.advance(4_000);
  expect(budget.spend()).toBe(false);
});
