import { expect, test } from 'vitest';
import { type BreakerState, CircuitBreaker } from '../../../lambdas/tokenization/circuit-breaker.ts';
import { TomeUnavailable } from '../../../lambdas/tokenization/tome-errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const refusal = (retryAfterSeconds: number) => new TomeUnavailable('Down.', { attempts: 0, retryAfterSeconds });

function setup() {
  const clock = new FakeClock();
  const states: BreakerState[] = [];
  const breaker = new CircuitBreaker({ failures: 3, openMs: 2_000 }, clock, refusal, (state) => states.push(state));
  const open = (): void => {
    for (let failure = 0; failure < 3; failure += 1) {
      breaker.enter(1_000).fail();
    }
  };
  return { clock, breaker, states, open };
}

test('the breaker opens after three failures in a row, and a success resets the count', () => {
  const { breaker, states } = setup();
  for (const outcome of ['fail', 'fail', 'succeed', 'fail', 'fail'] as const) breaker.enter(1_000)[outcome]();
  breaker.assertAdmits();
  breaker.enter(1_000).fail();
  expect(states).toEqual(['open']);
  expect(() => breaker.assertAdmits()).toThrow(expect.objectContaining({ code: 'tome-unavailable', attempts: 0 }));
});

test('the refusal of an open breaker contains the seconds until a retry', async () => {
  const { breaker, clock, open } = setup();
  open();
  await clock.advance(500);
  expect(() => breaker.enter(1_000)).toThrow(expect.objectContaining({ retryAfterSeconds: 2 }));
});

test('after its time an open breaker admits exactly one probe, and assertAdmits does not take it', async () => {
  const { breaker, clock, states, open } = setup();
  open();
  await clock.advance(2_000);
  for (let look = 0; look < 5; look += 1) breaker.assertAdmits();
  breaker.enter(1_000);
  expect(() => breaker.enter(1_000)).toThrow();
  expect(() => breaker.assertAdmits()).toThrow();
  expect(states).toEqual(['open', 'half-open']);
});

test('a successful probe closes the breaker, and a failed one opens it again', async () => {
  const { breaker, clock, states, open } = setup();
  open();
  await clock.advance(2_000);
  breaker.enter(1_000).fail();
  expect(() => breaker.enter(1_000)).toThrow();
  await clock.advance(2_000);
  breaker.enter(1_000).succeed();
  breaker.enter(1_000);
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
});

test('the breaker admits another probe when the first one does not report in time', async () => {
  const { breaker, clock, open } = setup();
  open();
  await clock.advance(2_000);
  breaker.enter(1_000);
  await clock.advance(999);
  expect(() => breaker.enter(1_000)).toThrow();
  await clock.advance(1);
  breaker.enter(1_000);
});

test('a call that was admitted before the breaker opened has no effect on it', async () => {
  const { breaker, clock, states, open } = setup();
  const successful = breaker.enter(1_000);
  const failed = breaker.enter(1_000);
  open();
  await clock.advance(1_500);
  successful.succeed();
  failed.fail();
  expect(states).toEqual(['open']);
  await clock.advance(500);
  breaker.assertAdmits();
});

test('while a probe is in flight, only the probe changes the state', async () => {
  const { breaker, clock, states, open } = setup();
  const [early, late] = [breaker.enter(5_000), breaker.enter(5_000)];
  open();
  await clock.advance(2_000);
  const probe = breaker.enter(1_000);
  early.succeed();
  late.fail();
  expect(states).toEqual(['open', 'half-open']);
  probe.succeed();
  expect(states).toEqual(['open', 'half-open', 'closed']);
});

test('a probe that reports too late has no effect', async () => {
  const { breaker, clock, states, open } = setup();
  open();
  await clock.advance(2_000);
  const lost = breaker.enter(1_000);
  await clock.advance(1_000);
  const second = breaker.enter(1_000);
  lost.fail();
  expect(states).toEqual(['open', 'half-open']);
  second.succeed();
  expect(states).toEqual(['open', 'half-open', 'closed']);
});

test('after an abandoned probe the next call is a probe at once', async () => {
  const { breaker, clock, states, open } = setup();
  open();
  await clock.advance(2_000);
  breaker.enter(1_000).abandon();
  breaker.enter(1_000).succeed();
  expect(states).toEqual(['open', 'half-open', 'closed']);
});

test('an abandoned call neither counts as a failure nor resets the count', () => {
  const { breaker, states } = setup();
  for (const outcome of ['fail', 'abandon', 'fail', 'abandon'] as const) breaker.enter(1_000)[outcome]();
  expect(states).toEqual([]);
  breaker.enter(1_000).fail();
  expect(states).toEqual(['open']);
});

test('repeated failures of one item count once, also between failures of other items', () => {
  const { breaker, states } = setup();
  for (let time = 0; time < 10; time += 1) {
    breaker.enter(1_000).fail('one item');
    breaker.enter(1_000).abandon();
  }
  breaker.enter(1_000).fail('another item');
  breaker.enter(1_000).fail('one item');
  expect(states).toEqual([]);
  breaker.enter(1_000).fail('a third item');
  expect(states).toEqual(['open']);
});

test('after a success a failure of the same item counts again', () => {
  const { breaker, states } = setup();
  for (let time = 0; time < 10; time += 1) {
    breaker.enter(1_000).fail('one item');
    breaker.enter(1_000).fail();
    breaker.enter(1_000).succeed();
  }
  expect(states).toEqual([]);
});
