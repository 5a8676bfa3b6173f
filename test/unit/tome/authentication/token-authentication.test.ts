import { describe, expect, test } from 'vitest';
import type { Credential, OutgoingRequest } from '../../../../lambdas/tome/client/authentication/authentication.ts';
import type { AccessToken } from '../../../../lambdas/tome/client/authentication/token-answer.ts';
import {
  type NoToken,
  TokenAuthentication,
} from '../../../../lambdas/tome/client/authentication/token-authentication.ts';
import { FakeTime } from '../../../support/fake-time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FAILURE: NoToken = { retryAfterSeconds: 0 };
const request: OutgoingRequest = { url: new URL('http://tome/'), body: '{}' };

/** A token server whose answers the test gives, one for each request. */
function setup() {
  const time = new FakeTime();
  const open: ((answer: AccessToken | NoToken) => void)[] = [];
  let requests = 0;
  const authentication = new TokenAuthentication({
    request: () => {
      requests += 1;
      return new Promise((resolve) => {
        open.push(resolve);
      });
    },
    time,
    random: () => 0.5,
  });
  const answer = async (content: AccessToken | NoToken): Promise<void> => {
    open.shift()?.(content);
    await time.advance(0);
  };
  const token = (name: string, lifetimeMs = HOUR): AccessToken => ({ token: name, lifetimeMs });
  const deadline = (ms: number): number => time.monotonicMs() + ms;
  return {
    time,
    authentication,
    answer,
    token,
    deadline,
    requests: () => requests,
    sent: () => authentication.current()?.headersFor(request) ?? null,
    /** A call's wait for a token: `pending` until it is over. */
    wait(ms: number, refused: Credential | null = null) {
      const outcome = { is: 'pending', error: null as unknown };
      authentication.ready(deadline(ms), refused).then(
        () => {
          outcome.is = 'ready';
        },
        (error: unknown) => {
          outcome.is = 'refused';
          outcome.error = error;
        },
      );
      return outcome;
    },
  };
}

/** The same with a valid token of an hour. */
async function withToken() {
  const parts = setup();
  parts.authentication.start();
  await parts.answer(parts.token('first'));
  return parts;
}

describe('the first token', () => {
  test('is requested at start, and all calls wait for this one request', async () => {
    const { authentication, answer, token, requests, wait, time, sent } = setup();
    authentication.start();
    const calls = Array.from({ length: 20 }, () => wait(5_000));
    await time.advance(100);
    expect(calls.map(({ is }) => is)).toEqual(calls.map(() => 'pending'));
    await answer(token('first'));
    expect(calls.map(({ is }) => is)).toEqual(calls.map(() => 'ready'));
    expect(requests()).toBe(1);
    expect(sent()).toEqual({ authorization: 'Bearer first' });
  });

  test('costs a call only its own time: at the deadline the call is refused, and nothing was sent', async () => {
    const { wait, time, requests, answer, token } = setup();
    const [short, long] = [wait(500), wait(2_000)];
    await time.advance(499);
    expect(short.is).toBe('pending');
    await time.advance(1);
    expect(short.error).toMatchObject({ code: 'tome-unavailable', attempts: 0 });
    expect(long.is).toBe('pending');
    await answer(token('first'));
    expect([long.is, requests()]).toEqual(['ready', 1]);
  });

  test('is not waited for when the deadline has passed', async () => {
    const { wait, time } = setup();
    const call = wait(0);
    await time.advance(0);
    expect(call.error).toMatchObject({ attempts: 0 });
  });
});

describe('a valid token', () => {
  test('is replaced behind running calls before it expires, by one request', async () => {
    const { time, wait, requests, answer, token, sent } = await withToken();
    await time.advance(HOUR * 0.61);
    const calls = Array.from({ length: 20 }, () => wait(10));
    await time.advance(0);
    expect(calls.map(({ is }) => is)).toEqual(calls.map(() => 'ready'));
    expect(requests()).toBe(2);
    expect(sent()).toEqual({ authorization: 'Bearer first' });
    await answer(token('second'));
    expect(sent()).toEqual({ authorization: 'Bearer second' });
  });

  test('is not replaced while it is young', async () => {
    const { time, wait, requests } = await withToken();
    await time.advance(HOUR * 0.5);
    wait(10);
    expect(requests()).toBe(1);
  });

  test('is used by calls although its replacement fails again and again', async () => {
    const { time, authentication, wait, requests, answer } = await withToken();
    await time.advance(HOUR * 0.61);
    for (let failure = 1; failure <= 6; failure += 1) {
      const call = wait(10);
      await answer(FAILURE);
      authentication.assertReady();
      expect(call.is).toBe('ready');
      await time.advance(MINUTE);
    }
    expect(requests()).toBe(7);
  });

  test('is not used after its expiry, nor in the seconds before it', async () => {
    const { time, sent, wait, answer, token } = await withToken();
    await time.advance(HOUR - 10_001);
    expect(sent()).not.toBeNull();
    await time.advance(1);
    expect(sent()).toBeNull();
    const call = wait(1_000);
    await time.advance(0);
    expect(call.is).toBe('pending');
    await answer(token('second'));
    expect(sent()).toEqual({ authorization: 'Bearer second' });
  });

  test('counts from its request, so that a slow answer does not lengthen its life', async () => {
    const { authentication, time, answer, token, sent } = setup();
    authentication.start();
    await time.advance(3_000);
    await answer(token('first', 10_000));
    await time.advance(5_999);
    expect(sent()).not.toBeNull();
    await time.advance(1);
    expect(sent()).toBeNull();
  });
});

describe('while the token endpoint fails', () => {
  test('a call waits over two failures, with a pause between the requests', async () => {
    const { wait, time, answer, token, requests } = setup();
    const call = wait(5_000);
    await answer(FAILURE);
    expect(requests()).toBe(1);
    await time.advance(100);
    expect(requests()).toBe(1);
    await time.advance(150);
    expect(requests()).toBe(2);
    await answer(FAILURE);
    await time.advance(200);
    expect(requests()).toBe(2);
    await time.advance(300);
    expect([call.is, requests()]).toEqual(['pending', 3]);
    await answer(token('late'));
    expect(call.is).toBe('ready');
  });

  test('a call is refused at once if the pause ends after its deadline', async () => {
    const { wait, time, answer } = setup();
    const call = wait(5_000);
    await answer({ retryAfterSeconds: 30 });
    await time.advance(0);
    expect(call.error).toMatchObject({ code: 'tome-unavailable', attempts: 0, retryAfterSeconds: 30 });
  });

  test('the Retry-After of the token endpoint is obeyed', async () => {
    const { wait, time, answer, requests } = setup();
    wait(60_000);
    await answer({ retryAfterSeconds: 7 });
    await time.advance(6_999);
    expect(requests()).toBe(1);
    await time.advance(1);
    expect(requests()).toBe(2);
  });

  /** Three failures in a row, and the pause after them is over. */
  async function down() {
    const parts = setup();
    const call = parts.wait(60_000);
    for (const pauseMs of [250, 500]) {
      await parts.answer(FAILURE);
      await parts.time.advance(pauseMs);
    }
    await parts.answer(FAILURE);
    return { ...parts, call };
  }

  test('from the third failure on calls are refused at once, before they reserve a pair', async () => {
    const { authentication, call, wait, time, requests } = await down();
    expect(call.error).toMatchObject({ code: 'tome-unavailable', attempts: 0 });
    const next = wait(60_000);
    await time.advance(0);
    expect(next.is).toBe('refused');
    expect(() => authentication.assertReady()).toThrow(expect.objectContaining({ attempts: 0 }));
    expect(requests()).toBe(3);
  });

  test('after the pause one call requests a token, and the others are refused until it ends', async () => {
    const { authentication, wait, time, answer, token, requests } = await down();
    await time.advance(1_000);
    authentication.assertReady();
    const [first, second] = [wait(60_000), wait(60_000)];
    await time.advance(0);
    expect([first.is, second.is, requests()]).toEqual(['pending', 'refused', 4]);
    expect(() => authentication.assertReady()).toThrow();
    await answer(token('back'));
    expect(first.is).toBe('ready');
    authentication.assertReady();
  });

  test('pauses grow to half a minute and not beyond', async () => {
    const { wait, time, answer, requests } = await down();
    for (let failure = 4; failure <= 12; failure += 1) {
      await time.advance(30_000);
      wait(1_000);
      expect(requests()).toBe(failure);
      await answer(FAILURE);
    }
  });
});

describe('after a freeze of the function', () => {
  test('a token whose life passed during the freeze is not used, although no monotonic time passed', async () => {
    const { time, sent } = await withToken();
    time.shiftDate(HOUR);
    expect(sent()).toBeNull();
  });

  test('a token keeps its life when the date is set back', async () => {
    const { time, sent } = await withToken();
    time.shiftDate(-2 * HOUR);
    expect(sent()).not.toBeNull();
    await time.advance(HOUR);
    expect(sent()).toBeNull();
  });

  test('a refresh that was cut off is replaced, and its late answer is not used', async () => {
    const { time, wait, answer, token, requests, sent } = await withToken();
    await time.advance(HOUR * 0.61);
    wait(10);
    expect(requests()).toBe(2);
    time.shiftDate(HOUR);
    const call = wait(5_000);
    await time.advance(0);
    expect([call.is, requests()]).toEqual(['pending', 3]);
    await answer(token('lost'));
    expect([call.is, sent()]).toEqual(['pending', null]);
    await answer(token('fresh'));
    expect([call.is, sent()]).toEqual(['ready', { authorization: 'Bearer fresh' }]);
  });

  test('a pause after a failure is over', async () => {
    const { time, wait, answer, requests } = setup();
    wait(1_000);
    await answer({ retryAfterSeconds: 60 });
    time.shiftDate(MINUTE);
    wait(1_000);
    expect(requests()).toBe(2);
  });
});

describe('a token that TOME refused', () => {
  function refuseCurrent({ authentication }: Awaited<ReturnType<typeof withToken>>): Credential {
    const refused = authentication.current();
    if (refused === null) throw new Error('There must be a token.');
    expect(authentication.refuse(refused)).toBe(true);
    return refused;
  }

  test('is used by other calls until another one comes, and the refused calls wait', async () => {
    const parts = await withToken();
    const { authentication, wait, time, answer, token, requests, sent } = parts;
    const refused = refuseCurrent(parts);
    const calls = [wait(1_000, refused), wait(1_000, refused)];
    const other = wait(1_000);
    await time.advance(0);
    expect([...calls, other].map(({ is }) => is)).toEqual(['pending', 'pending', 'ready']);
    expect(requests()).toBe(2);
    expect([sent(), authentication.current(refused)]).toEqual([{ authorization: 'Bearer first' }, null]);
    await answer(token('second'));
    expect(calls.map(({ is }) => is)).toEqual(['ready', 'ready']);
    expect(authentication.current(refused)).not.toBeNull();
    expect(authentication.refuse(refused)).toBe(true);
    expect(sent()).toEqual({ authorization: 'Bearer second' });
    wait(1_000);
    expect(requests()).toBe(2);
  });

  test('is replaced behind other calls, also when it replaced a refused one', async () => {
    const parts = await withToken();
    const { wait, time, answer, token, requests, sent } = parts;
    for (const [name, present] of [
      ['second', 'first'],
      ['third', 'second'],
    ] as const) {
      const before = requests();
      refuseCurrent(parts);
      const other = wait(10);
      await time.advance(0);
      expect([other.is, requests() - before, sent()]).toEqual(['ready', 1, { authorization: `Bearer ${present}` }]);
      await answer(token(name));
    }
    expect(sent()).toEqual({ authorization: 'Bearer third' });
  });

  test('is used by other calls while the token endpoint is down, and no refused call waits then', async () => {
    const parts = await withToken();
    const { authentication, wait, time, answer, sent } = parts;
    const refused = refuseCurrent(parts);
    const call = wait(60_000, refused);
    for (const pauseMs of [250, 500, 0]) {
      await time.advance(0);
      await answer(FAILURE);
      await time.advance(pauseMs);
    }
    expect(call.error).toMatchObject({ code: 'tome-unavailable', attempts: 0 });
    const other = wait(10);
    await time.advance(0);
    expect([other.is, sent()]).toEqual(['ready', { authorization: 'Bearer first' }]);
    authentication.assertReady();
  });
});

describe('a token that has expired when it arrives', () => {
  test('counts as a failure: the next one is requested after a pause', async () => {
    const { wait, time, answer, token, requests } = setup();
    const call = wait(60_000);
    for (const pauseMs of [250, 500]) {
      const before = requests();
      await time.advance(20);
      await answer(token('brief', 10));
      await time.advance(pauseMs / 2 - 1);
      expect([call.is, requests()]).toEqual(['pending', before]);
      await time.advance(pauseMs / 2 + 1);
      expect(requests()).toBe(before + 1);
    }
    await time.advance(20);
    await answer(token('brief', 10));
    expect(call.error).toMatchObject({ code: 'tome-unavailable', attempts: 0 });
  });
});
