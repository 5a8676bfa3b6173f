import { describe, expect, test } from 'vitest';
import type { TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { type Turn, Turnstile, type TurnstileSettings } from '../../../lambdas/tome/client/attempt-gate.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setup(settings: Partial<TurnstileSettings> = {}) {
  const clock = new FakeClock();
  const turnstile = new Turnstile(
    {
      attemptTimeoutMs: 1_000,
      breaker: { failures: 3, openMs: 2_000 },
      batchCallsPerSecond: 1_000,
      liveCallsPerSecond: 0,
      ...settings,
    },
    clock,
    undefined,
  );
  const call = (lane: TomeCall['lane'], timeMs = 60_000): TomeCall => ({
    lane,
    deadlineMs: clock.monotonicMs() + timeMs,
    correlationId: 'test',
  });
  const create = (): Promise<Turn> => turnstile.turn('ns1', 'tokenize', call('live'));
  const assertCreate = (): void => turnstile.assertAdmits('ns1', 'tokenize', call('live'));
  return { clock, turnstile, call, create, assertCreate };
}

/** The outcomes of turns that have to be given or refused without any time going by. */
async function atOnce(clock: FakeClock, turns: Promise<Turn>[]): Promise<PromiseSettledResult<Turn>[]> {
  let settled = 0;
  const count = () => {
    settled += 1;
  };
  for (const turn of turns) void turn.then(count, count);
  await clock.advance(0);
  expect(settled).toBe(turns.length);
  return Promise.allSettled(turns);
}

const refusal = expect.objectContaining({ code: 'tome-rate-limited', attempts: 0 });

describe('a TOME that says 429 to everything', () => {
  /** A storm: so many creations in a row were answered with 429 and this Retry-After. */
  async function storm({ create }: ReturnType<typeof setup>, times: number, retryAfterMs: number) {
    for (let time = 0; time < times; time += 1) (await create()).throttle?.refused(retryAfterMs);
  }

  test('is asked before a pair is reserved: creations are refused for as long as its Retry-After runs', async () => {
    const parts = setup();
    await storm(parts, 3, 5_000);
    expect(parts.assertCreate).toThrow(refusal);
    expect(parts.assertCreate).toThrow(expect.objectContaining({ retryAfterSeconds: 5 }));
    await expect(parts.create()).rejects.toEqual(refusal);
    await parts.clock.advance(4_999);
    expect(parts.assertCreate).toThrow(refusal);
    await parts.clock.advance(1);
    parts.assertCreate();
  });

  test('is asked by one creation at a time afterwards, ever more rarely but each five seconds', async () => {
    const parts = setup();
    await storm(parts, 3, 1_000);
    let sent = 0;
    for (let second = 0; second < 20; second += 1) {
      await parts.clock.advance(1_000);
      const turns = await atOnce(parts.clock, Array.from({ length: 30 }, parts.create));
      for (const turn of turns) {
        if (turn.status === 'rejected') continue;
        sent += 1;
        turn.value.throttle?.refused(1_000);
      }
    }
    // After 1, 3, 7, 12 and 17 seconds.
    expect(sent).toBe(5);
  });

  test.each([0, 500])('is not asked at once because its Retry-After is %i ms', async (retryAfterMs) => {
    const parts = setup();
    await storm(parts, 3, retryAfterMs);
    await parts.clock.advance(999);
    expect(parts.assertCreate).toThrow(refusal);
    await parts.clock.advance(1);
    parts.assertCreate();
  });

  test('is open to everybody again when one creation was answered', async () => {
    const parts = setup();
    await storm(parts, 3, 1_000);
    await parts.clock.advance(1_000);
    const probe = await parts.create();
    expect(parts.assertCreate).toThrow(refusal);
    probe.throttle?.answered();
    for (let round = 0; round < 5; round += 1) {
      for (const turn of await atOnce(parts.clock, Array.from({ length: 8 }, parts.create))) {
        if (turn.status === 'rejected') throw turn.reason;
        turn.value.throttle?.answered();
      }
    }
  });

  test('is asked by the next creation when the one that asked got no answer', async () => {
    const parts = setup();
    await storm(parts, 3, 1_000);
    await parts.clock.advance(1_000);
    (await parts.create()).throttle?.unanswered();
    await parts.create();
    expect(parts.assertCreate).toThrow(refusal);
    // And one that never reports is given up for lost after its time.
    await parts.clock.advance(1_000);
    await parts.create();
  });

  test('is met by a few of a burst, whatever its size: the others have sent nothing', async () => {
    const parts = setup();
    let sent = 0;
    const burst = Array.from({ length: 200 }, async () => {
      const { throttle } = await parts.create();
      sent += 1;
      await parts.clock.sleep(50);
      throttle?.refused(1_000);
    });
    const outcomes = Promise.allSettled(burst);
    await parts.clock.advance(1_000);
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(sent).toBeLessThanOrEqual(8);
    expect(refused).toHaveLength(200 - sent);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: refusal });
  });

  test('is not what a burst meets that is answered: all of it is let in within a few round trips', async () => {
    const parts = setup();
    let answered = 0;
    const burst = Array.from({ length: 1_000 }, async () => {
      const { throttle } = await parts.create();
      await parts.clock.sleep(50);
      throttle?.answered();
      answered += 1;
    });
    await parts.clock.advance(200);
    expect(answered).toBe(1_000);
    await Promise.all(burst);
  });

  test('is waited for until the deadline at most where it does not answer at all', async () => {
    const parts = setup();
    const { turnstile, call } = parts;
    await Promise.all(Array.from({ length: 4 }, parts.create));
    const late = expect(turnstile.turn('ns1', 'tokenize', call('live', 300))).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    await parts.clock.advance(300);
    await late;
  });

  test('is not taken for one while other creations are answered: a 429 at the limit is for retries', async () => {
    const parts = setup();
    for (let time = 0; time < 20; time += 1) {
      (await parts.create()).throttle?.refused(60_000);
      (await parts.create()).throttle?.refused(60_000);
      (await parts.create()).throttle?.answered();
    }
    parts.assertCreate();
  });

  test('keeps out neither reads, nor the other namespace, nor batch work', async () => {
    const parts = setup();
    await storm(parts, 3, 60_000);
    const { turnstile, call } = parts;
    turnstile.assertAdmits('ns1', 'lookup', call('live'));
    await turnstile.turn('ns1', 'detokenize', call('live'));
    await turnstile.turn('ns2', 'tokenize', call('live'));
    await turnstile.turn('ns1', 'tokenize', call('batch'));
  });
});

test('a creation is refused before it reserves when no turn of the live rate is left before its deadline', async () => {
  const { turnstile, call, clock } = setup({ liveCallsPerSecond: 1 });
  await turnstile.turn('ns1', 'tokenize', call('live'));
  const spent = expect.objectContaining({ code: 'tome-budget-spent', attempts: 0 });
  expect(() => turnstile.assertAdmits('ns1', 'tokenize', call('live', 500))).toThrow(spent);
  turnstile.assertAdmits('ns1', 'tokenize', call('live', 5_000));
  // Asking takes no turn.
  for (let look = 0; look < 50; look += 1) turnstile.assertAdmits('ns1', 'tokenize', call('live', 5_000));
  await clock.advance(1_000);
  await turnstile.turn('ns1', 'tokenize', call('live', 500));
});

describe('while a probe finds out whether TOME is back', () => {
  /** Thirty-two workers of a prefetch begin just when the breaker lets one probe through. */
  async function workersAtProbe(report: (probe: Turn) => void) {
    const { clock, turnstile, call } = setup();
    for (let failure = 0; failure < 3; failure += 1) {
      (await turnstile.turn('ns2', 'tokenize', call('batch'))).admission.fail();
    }
    await clock.advance(2_000);
    const turns: Turn[] = [];
    const workers = Array.from({ length: 32 }, async () => {
      const turn = await turnstile.turn('ns2', 'tokenize', call('batch'));
      turns.push(turn);
      return turn;
    });
    const settled = Promise.allSettled(workers);
    await clock.advance(500);
    expect(turns).toHaveLength(1);
    report(turns[0] as Turn);
    await clock.advance(2_500);
    return { turns, outcomes: settled, clock };
  }

  test('workers of a batch wait for it, and all go on when it is', async () => {
    const { turns } = await workersAtProbe((probe) => probe.admission.succeed());
    expect(turns).toHaveLength(32);
  });

  test('workers of a batch are refused when it is not', async () => {
    const { outcomes } = await workersAtProbe((probe) => probe.admission.fail());
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(31);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'tome-unavailable', attempts: 0 } });
  });

  test('a live call is refused at once', async () => {
    const { clock, turnstile, call } = setup();
    for (let failure = 0; failure < 3; failure += 1) {
      (await turnstile.turn('ns1', 'lookup', call('live'))).admission.fail();
    }
    await clock.advance(2_000);
    await turnstile.turn('ns1', 'lookup', call('live'));
    await expect(turnstile.turn('ns1', 'lookup', call('live'))).rejects.toMatchObject({ code: 'tome-unavailable' });
  });

  test('no worker waits beyond its deadline', async () => {
    const { clock, turnstile, call } = setup({ attemptTimeoutMs: 10_000 });
    for (let failure = 0; failure < 3; failure += 1) {
      (await turnstile.turn('ns2', 'tokenize', call('batch'))).admission.fail();
    }
    await clock.advance(2_000);
    await turnstile.turn('ns2', 'tokenize', call('batch'));
    const late = expect(turnstile.turn('ns2', 'tokenize', call('batch', 300))).rejects.toMatchObject({ attempts: 0 });
    await clock.advance(400);
    await late;
  });
});
