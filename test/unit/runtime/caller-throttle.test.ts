import { expect, test } from 'vitest';
import { CallerThrottle } from '../../../lambdas/runtime/http/caller-throttle.ts';
import { CallerThrottled } from '../../../lambdas/tokenization/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ISSUING = { account: '555555555555', principal: 'role/issuing', session: 'one' };

/** Sends the requests at the same moment and returns how many the throttle admits. */
function admitted(throttle: CallerThrottle, requests: number, caller = ISSUING): number {
  let count = 0;
  for (let request = 0; request < requests; request += 1) {
    try {
      throttle.admit(caller);
      count += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(CallerThrottled);
    }
  }
  return count;
}

test('a caller may spend two seconds of its rate at once, then its rate, without effect on other callers', async () => {
  const clock = new FakeClock();
  const throttle = new CallerThrottle(10, clock);
  expect(admitted(throttle, 100)).toBe(20);
  expect(admitted(throttle, 100, { ...ISSUING, session: 'two' })).toBe(0);
  expect(admitted(throttle, 100, { ...ISSUING, principal: 'role/billing' })).toBe(20);
  await clock.advance(500);
  expect(admitted(throttle, 100)).toBe(5);
  await clock.advance(60_000);
  expect(admitted(throttle, 100)).toBe(20);
});

test('a throttle with the rate 0 admits every request', () => {
  expect(admitted(new CallerThrottle(0, new FakeClock()), 10_000)).toBe(10_000);
});

test('the throttle forgets callers whose bucket is full, and keeps a caller that it refuses', async () => {
  const clock = new FakeClock();
  const throttle = new CallerThrottle(10, clock);
  for (let role = 0; role < 1_000; role += 1) throttle.admit({ ...ISSUING, principal: `role/${role}` });
  await clock.advance(1_000);
  expect(admitted(throttle, 100)).toBe(20);
  for (let role = 0; role < 1_500; role += 1) throttle.admit({ ...ISSUING, principal: `role/later-${role}` });
  expect(admitted(throttle, 100)).toBe(0);
});
