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

test('it opens after so many failures in a row, and a success in between starts the count again', () => {
  const { breaker, states } = setup();
  for (const outcome of ['fail', 'fail', 'succeed', 'fail', 'fail'] as const) breaker.enter(1_000)[outcome]();
  breaker.assertAdmits();
  breaker.enter(1_000).fail();
  expect(states).toEqual(['open']);
  expect(() => breaker.assertAdmits()).toThrow(expect.objectContaining({ code: 'tome-unavailable', attempts: 0 }));
});

test('an open breaker says when to come back', async () => {
  const { breaker, clock, open } = setup();
  open();
  await clock.advance(500);
  expect(() => breaker.enter(1_000)).toThrow(expect.objectContaining({ retryAfterSeconds: 2 }));
});

test('after its time exactly one probe goes through, and asking beforehand does not claim it', async () => {
  const { breaker, clock, states, open } = setup();
  open();
  await clock.advance(2_000);
  for (let look = 0; look < 5; look += 1) breaker.assertAdmits();
  breaker.enter(1_000);
  expect(() => breaker.enter(1_000)).toThrow();
  expect(() => breaker.assertAdmits()).toThrow();
  expect(states).toEqual(['open', 'half-open']);
});

test('the probe decides: success closes it, failure opens it for another turn', async () => {
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

test('a probe that never comes back does not keep everybody out for ever', async () => {
  const { breaker, clock, open } = setup();
  open();
  await clock.advance(2_000);
  breaker.enter(1_000);
  await clock.advance(999);
  expect(() => breaker.enter(1_000)).toThrow();
  await clock.advance(1);
  breaker.enter(1_000);
});

test('a straggler from before it opened neither closes it nor keeps it open for longer', async () => {
  const { breaker, clock, states, open } = setup();
  const lucky = breaker.enter(1_000);
  const unlucky = breaker.enter(1_000);
  open();
  await clock.advance(1_500);
  lucky.succeed();
  unlucky.fail();
  expect(states).toEqual(['open']);
  await clock.advance(500);
  breaker.assertAdmits();
});

test('only the probe decides while it is under way', async () => {
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

test('a probe that was given up for lost has no say any more', async () => {
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

test('a probe that showed nothing makes room for the next at once', async () => {
  const { breaker, clock, states, open } = setup();
  open();
  await clock.advance(2_000);
  breaker.enter(1_000).abandon();
  breaker.enter(1_000).succeed();
  expect(states).toEqual(['open', 'half-open', 'closed']);
});

test('a call that showed nothing neither counts as a failure nor ends a row of them', () => {
  const { breaker, states } = setup();
  for (const outcome of ['fail', 'abandon', 'fail', 'abandon'] as const) breaker.enter(1_000)[outcome]();
  expect(states).toEqual([]);
  breaker.enter(1_000).fail();
  expect(states).toEqual(['open']);
});

test('one subject that fails again and again counts once, whatever fails beside it', () => {
  const { breaker, states } = setup();
  for (let time = 0; time < 10; time += 1) {
    breaker.enter(1_000).fail('odd');
    breaker.enter(1_000).abandon();
  }
  breaker.enter(1_000).fail('another odd one');
  breaker.enter(1_000).fail('odd');
  expect(states).toEqual([]);
  breaker.enter(1_000).fail('a third');
  expect(states).toEqual(['open']);
});

test('after a success the same subject counts anew', () => {
  const { breaker, states } = setup();
  for (let time = 0; time < 10; time += 1) {
    breaker.enter(1_000).fail('odd');
    breaker.enter(1_000).fail();
    breaker.enter(1_000).succeed();
  }
  expect(states).toEqual([]);
});
