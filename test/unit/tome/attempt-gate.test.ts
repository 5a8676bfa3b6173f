import { describe, expect, test } from 'vitest';
import type { TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { TomeOutcomeUnknown, TomeRateLimited } from '../../../lambdas/tokenization/tome-errors.ts';
import {
  AttemptGate,
  type AttemptGateSettings,
  type AttemptPermit,
} from '../../../lambdas/tome/client/attempt-gate.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setup(settings: Partial<AttemptGateSettings> = {}) {
  const clock = new FakeClock();
  const throttled = { calls: 0 };
  const gate = new AttemptGate(
    {
      attemptTimeoutMs: 1_000,
      breaker: { failures: 3, openMs: 2_000 },
      batchCallsPerSecond: 1_000,
      liveCallsPerSecond: 0,
      limitScope: 'endpoint',
      ...settings,
    },
    clock,
    {
      onThrottled: () => {
        throttled.calls += 1;
      },
    },
  );
  const call = (lane: TomeCall['lane'], timeMs = 60_000): TomeCall => ({
    lane,
    deadlineMs: clock.monotonicMs() + timeMs,
    correlationId: 'test',
  });
  const create = (): Promise<AttemptPermit> => gate.acquire('ns1', 'tokenize', call('live'));
  const assertCreate = (): void => gate.assertAdmits('ns1', 'tokenize', call('live'));
  return { clock, gate, call, create, assertCreate, throttled };
}

const refuse = (permit: AttemptPermit, retryAfterMs: number): void =>
  permit.fail(new TomeRateLimited('TOME answered 429.', { attempts: 1, retryAfterSeconds: retryAfterMs / 1_000 }), {});
const giveNoAnswer = (permit: AttemptPermit): void =>
  permit.fail(new TomeOutcomeUnknown('TOME did not answer.', { attempts: 1 }), {});

/** The outcomes of attempts that must be admitted or refused at once. */
async function atOnce(
  clock: FakeClock,
  attempts: Promise<AttemptPermit>[],
): Promise<PromiseSettledResult<AttemptPermit>[]> {
  let settled = 0;
  const count = () => {
    settled += 1;
  };
  for (const attempt of attempts) void attempt.then(count, count);
  await clock.advance(0);
  expect(settled).toBe(attempts.length);
  return Promise.allSettled(attempts);
}

const refusal = expect.objectContaining({ code: 'tome-rate-limited', attempts: 0 });

describe('while TOME answers every creation with 429', () => {
  /** Answers so many creations in a row with 429 and this Retry-After. */
  async function refuseInARow({ create }: ReturnType<typeof setup>, times: number, retryAfterMs: number) {
    for (let time = 0; time < times; time += 1) refuse(await create(), retryAfterMs);
  }

  test('creations are refused before they reserve a pair, until Retry-After has passed', async () => {
    const parts = setup();
    await refuseInARow(parts, 3, 5_000);
    expect(parts.assertCreate).toThrow(refusal);
    expect(parts.assertCreate).toThrow(expect.objectContaining({ retryAfterSeconds: 5 }));
    await expect(parts.create()).rejects.toEqual(refusal);
    expect(parts.throttled.calls).toBe(3);
    await parts.clock.advance(4_999);
    expect(parts.assertCreate).toThrow(refusal);
    await parts.clock.advance(1);
    parts.assertCreate();
  });

  test('one creation at a time tests TOME, first after 1 s and later each 5 s', async () => {
    const parts = setup();
    await refuseInARow(parts, 3, 1_000);
    let sent = 0;
    for (let second = 0; second < 20; second += 1) {
      await parts.clock.advance(1_000);
      const attempts = await atOnce(parts.clock, Array.from({ length: 30 }, parts.create));
      for (const attempt of attempts) {
        if (attempt.status === 'rejected') continue;
        sent += 1;
        refuse(attempt.value, 1_000);
      }
    }
    // After 1, 3, 7, 12 and 17 seconds.
    expect(sent).toBe(5);
  });

  test.each([0, 500])('no creation tests TOME within 1 s although Retry-After is %i ms', async (retryAfterMs) => {
    const parts = setup();
    await refuseInARow(parts, 3, retryAfterMs);
    await parts.clock.advance(999);
    expect(parts.assertCreate).toThrow(refusal);
    await parts.clock.advance(1);
    parts.assertCreate();
  });

  test('all creations are admitted again after TOME has answered one', async () => {
    const parts = setup();
    await refuseInARow(parts, 3, 1_000);
    await parts.clock.advance(1_000);
    const probe = await parts.create();
    expect(parts.assertCreate).toThrow(refusal);
    probe.succeed();
    for (let round = 0; round < 5; round += 1) {
      for (const attempt of await atOnce(parts.clock, Array.from({ length: 8 }, parts.create))) {
        if (attempt.status === 'rejected') throw attempt.reason;
        attempt.value.succeed();
      }
    }
  });

  test('the next creation tests TOME when the last test had no answer, or never reported one', async () => {
    const parts = setup();
    await refuseInARow(parts, 3, 1_000);
    await parts.clock.advance(1_000);
    giveNoAnswer(await parts.create());
    await parts.create();
    expect(parts.assertCreate).toThrow(refusal);
    await parts.clock.advance(1_000);
    await parts.create();
  });

  test('of a burst of 200 creations at most 8 are sent, and the others are refused', async () => {
    const parts = setup();
    let sent = 0;
    const burst = Array.from({ length: 200 }, async () => {
      const permit = await parts.create();
      sent += 1;
      await parts.clock.sleep(50);
      refuse(permit, 1_000);
    });
    const outcomes = Promise.allSettled(burst);
    await parts.clock.advance(1_000);
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(sent).toBeLessThanOrEqual(8);
    expect(refused).toHaveLength(200 - sent);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: refusal });
  });

  test('reads, the other namespace and batch calls are admitted', async () => {
    const parts = setup();
    await refuseInARow(parts, 3, 60_000);
    const { gate, call } = parts;
    gate.assertAdmits('ns1', 'lookup', call('live'));
    await gate.acquire('ns1', 'detokenize', call('live'));
    await gate.acquire('ns2', 'tokenize', call('live'));
    await gate.acquire('ns1', 'tokenize', call('batch'));
  });
});

test('a burst of 1,000 creations that TOME answers is sent within four round trips', async () => {
  const parts = setup();
  let answered = 0;
  const burst = Array.from({ length: 1_000 }, async () => {
    const permit = await parts.create();
    await parts.clock.sleep(50);
    permit.succeed();
    answered += 1;
  });
  await parts.clock.advance(200);
  expect(answered).toBe(1_000);
  await Promise.all(burst);
});

test('when TOME does not answer the first creations, the next one waits until its deadline', async () => {
  const parts = setup();
  const { gate, call } = parts;
  await Promise.all(Array.from({ length: 4 }, parts.create));
  const late = expect(gate.acquire('ns1', 'tokenize', call('live', 300))).rejects.toMatchObject({
    code: 'tome-unavailable',
    attempts: 0,
  });
  await parts.clock.advance(300);
  await late;
});

test('single 429 between answers do not stop creations', async () => {
  const parts = setup();
  for (let time = 0; time < 20; time += 1) {
    refuse(await parts.create(), 60_000);
    refuse(await parts.create(), 60_000);
    (await parts.create()).succeed();
  }
  parts.assertCreate();
});

test('a creation is refused before it reserves when the live rate has no slot before its deadline', async () => {
  const { gate, call, clock } = setup({ liveCallsPerSecond: 1 });
  await gate.acquire('ns1', 'tokenize', call('live'));
  const spent = expect.objectContaining({ code: 'tome-budget-spent', attempts: 0 });
  expect(() => gate.assertAdmits('ns1', 'tokenize', call('live', 500))).toThrow(spent);
  gate.assertAdmits('ns1', 'tokenize', call('live', 5_000));
  // The question takes no slot.
  for (let look = 0; look < 50; look += 1) gate.assertAdmits('ns1', 'tokenize', call('live', 5_000));
  await clock.advance(1_000);
  await gate.acquire('ns1', 'tokenize', call('live', 500));
});

describe('while the probe of an open breaker is in flight', () => {
  const openBreaker = async (
    { gate, call }: ReturnType<typeof setup>,
    operation: 'lookup' | 'tokenize',
    lane: TomeCall['lane'],
  ) => {
    for (let failure = 0; failure < 3; failure += 1) {
      giveNoAnswer(await gate.acquire('ns2', operation, call(lane)));
    }
  };

  /** 32 workers of a prefetch start when the breaker admits one probe. */
  async function workersAtProbe(report: (probe: AttemptPermit) => void) {
    const parts = setup();
    const { clock, gate, call } = parts;
    await openBreaker(parts, 'tokenize', 'batch');
    await clock.advance(2_000);
    const permits: AttemptPermit[] = [];
    const workers = Array.from({ length: 32 }, async () => {
      permits.push(await gate.acquire('ns2', 'tokenize', call('batch')));
    });
    const settled = Promise.allSettled(workers);
    await clock.advance(500);
    expect(permits).toHaveLength(1);
    report(permits[0] as AttemptPermit);
    await clock.advance(2_500);
    return { permits, outcomes: settled };
  }

  test('the other workers of a prefetch wait, and continue when the probe succeeds', async () => {
    const { permits } = await workersAtProbe((probe) => probe.succeed());
    expect(permits).toHaveLength(32);
  });

  test('the other workers of a prefetch are refused when the probe fails', async () => {
    const { outcomes } = await workersAtProbe(giveNoAnswer);
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(31);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'tome-unavailable', attempts: 0 } });
  });

  test('a live call is refused at once', async () => {
    const parts = setup();
    const { clock, gate, call } = parts;
    await openBreaker(parts, 'lookup', 'live');
    await clock.advance(2_000);
    await gate.acquire('ns2', 'lookup', call('live'));
    await expect(gate.acquire('ns2', 'lookup', call('live'))).rejects.toMatchObject({ code: 'tome-unavailable' });
  });

  test('no worker waits beyond its deadline', async () => {
    const parts = setup({ attemptTimeoutMs: 10_000 });
    const { clock, gate, call } = parts;
    await openBreaker(parts, 'tokenize', 'batch');
    await clock.advance(2_000);
    await gate.acquire('ns2', 'tokenize', call('batch'));
    const late = expect(gate.acquire('ns2', 'tokenize', call('batch', 300))).rejects.toMatchObject({ attempts: 0 });
    await clock.advance(400);
    await late;
  });
});

describe('the rate limit of batch calls', () => {
  /** Which of these operations has a free slot after a batch call of ns1 tokenize. */
  async function freeSlots(limitScope: AttemptGateSettings['limitScope']): Promise<readonly string[]> {
    const { gate, call } = setup({ batchCallsPerSecond: 0.001, limitScope });
    await gate.acquire('ns1', 'tokenize', call('batch'));
    const calls = [
      ['ns1', 'tokenize'],
      ['ns2', 'tokenize'],
      ['ns1', 'prefetch'],
      ['ns2', 'prefetch'],
    ] as const;
    return calls
      .filter(([namespace, operation]) => {
        try {
          gate.assertAdmits(namespace, operation, call('batch'));
          return true;
        } catch (error) {
          expect(error).toMatchObject({ code: 'tome-budget-spent', attempts: 0 });
          return false;
        }
      })
      .map((free) => free.join(' '));
  }

  test('is one for each operation, both namespaces together', async () => {
    expect(await freeSlots('endpoint')).toEqual(['ns1 prefetch', 'ns2 prefetch']);
  });

  test('is one for each namespace, all operations together, when TOME counts so', async () => {
    expect(await freeSlots('namespace')).toEqual(['ns2 tokenize', 'ns2 prefetch']);
  });

  test('is one for all calls when TOME counts so', async () => {
    expect(await freeSlots('all')).toEqual([]);
  });

  test('takes no slot of live calls', async () => {
    const { gate, call } = setup({ batchCallsPerSecond: 0.001, liveCallsPerSecond: 1, limitScope: 'all' });
    await gate.acquire('ns1', 'tokenize', call('batch'));
    gate.assertAdmits('ns2', 'lookup', call('live'));
  });
});
