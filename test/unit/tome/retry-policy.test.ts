import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget, retryDelayMs } from '../../../lambdas/tome/client/retry-policy.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const timing = { backoffBaseMs: 50, backoffCapMs: 1_000 };

test('the delay of a retry is random below a ceiling that doubles up to its cap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, chance) => {
      const delay = retryDelayMs(attempt, timing, () => chance);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(1_000, 50 * 2 ** (attempt - 1)));
    }),
  );
  expect(retryDelayMs(3, timing, () => 0.5)).toBe(100);
});

test("a retry never starts before TOME's Retry-After has passed", () => {
  expect(retryDelayMs(1, timing, () => 0, 2_000)).toBe(2_000);
});

test('when every call fails, the budget allows retries for a tenth of the calls', () => {
  const budget = new RetryBudget(0.1, new FakeClock());
  let retries = 0;
  for (let call = 0; call < 10_000; call += 1) {
    budget.earn();
    for (let attempt = 0; attempt < 2; attempt += 1) if (budget.spend()) retries += 1;
  }
  expect(retries).toBeGreaterThan(990);
  expect(retries).toBeLessThanOrEqual(1_003);
});

test('a new client can retry its first call, and many successful calls save at most 50 retries', () => {
  const budget = new RetryBudget(0.1, new FakeClock());
  expect(budget.spend()).toBe(true);
  for (let call = 0; call < 100_000; call += 1) budget.earn();
  let retries = 0;
  while (budget.spend()) retries += 1;
  expect(retries).toBeLessThanOrEqual(50);
});

test('a client of two calls an hour can retry both, although two calls earn no retry', async () => {
  const clock = new FakeClock();
  const budget = new RetryBudget(0.1, clock);
  while (budget.spend());
  for (let fault = 0; fault < 2; fault += 1) {
    await clock.advance(30 * 60_000);
    budget.earn();
    expect(budget.spend()).toBe(true);
  }
});

test('time alone gives back at most three retries, one in thirty seconds', async () => {
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
