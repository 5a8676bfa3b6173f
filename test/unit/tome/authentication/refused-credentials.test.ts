import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../../lambdas/tokenization/model/internal-token.ts';
import type { Tome, TomeCall } from '../../../../lambdas/tokenization/ports/tome.ts';
import type { ObservedCall } from '../../../../lambdas/tome/client/attempt-sender.ts';
import {
  createAuthentication,
  type ObservedTokenRequest,
} from '../../../../lambdas/tome/client/authentication/create-authentication.ts';
import type { TomeSettings } from '../../../../lambdas/tome/client/tome-client.ts';
import type { WrittenProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../../../scripts/local/made-up-cards.ts';
import { FakeTime } from '../../../support/fake-time.ts';
import { plainTome } from '../../../support/plain-tome.ts';
import { simulatorProfileWith } from '../../../support/tome-profiles.ts';
import {
  type Act,
  answers,
  type ScriptedRequest,
  type ScriptedTome,
  startScriptedTome,
  staysSilent,
} from '../scripted-tome.ts';

const SECRET = 'hunter2-Pa55word';
const TOKEN_PATH = '/oauth2/token';
const card = CardNumber.parse(madeUpCard(1));
const ours = 'internal-token-number-one' as InternalToken;
const another = 'internal-token-number-two' as InternalToken;
const found = answers(200, { token: ours });
const bound = answers(200, { token: ours, isNew: true });
const unauthorized: Act = (response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('no');

let tomeServer: ScriptedTome;
let tokenServer: ScriptedTome;
let time: FakeTime;
let calls: ObservedCall[];
let tokenRequests: ObservedTokenRequest['outcome'][];
let unreadable: unknown[];
/** What the secret contains now; `null` when it cannot be read. */
let secret: string | null;
let secretReads: number;
/** A read of the secret ends after this. */
let secretIsRead: Promise<void>;

beforeEach(async () => {
  [tomeServer, tokenServer] = await Promise.all([startScriptedTome(), startScriptedTome()]);
  time = new FakeTime();
  calls = [];
  tokenRequests = [];
  unreadable = [];
  secretReads = 0;
  secretIsRead = Promise.resolve();
});

afterEach(() => Promise.all([tomeServer.close(), tokenServer.close()]));

function tomeWith(
  authentication: WrittenProfile['authentication'],
  text: string,
  settings: Partial<TomeSettings> = {},
) {
  const profile = simulatorProfileWith({ authentication });
  secret = text;
  return plainTome(tomeServer.url, profile, {
    settings: { breaker: { failures: 1, openMs: 60_000 }, ...settings },
    authentication: createAuthentication({
      profile,
      baseUrl: tomeServer.url,
      credential: {
        text,
        read: async () => {
          secretReads += 1;
          await secretIsRead;
          if (secret === null) throw new Error('not readable');
          return secret;
        },
        onUnreadable: (error) => unreadable.push(error),
      },
      signingCredentials: () => {
        throw new Error('This test signs nothing.');
      },
      time,
      random: () => 0.5,
      onTokenRequest: ({ outcome }) => tokenRequests.push(outcome),
    }),
    clock: time,
    random: () => 0.5,
    onCall: (call) => calls.push(call),
  });
}

const withKey = (settings: Partial<TomeSettings> = {}): Tome =>
  tomeWith({ kind: 'header', header: 'x-api-key', prefix: 'Key ' }, SECRET, settings);

/** The token server issues the tokens token-1, token-2 and so on. */
function withTokens(settings: Partial<TomeSettings> = {}, lifetimeSeconds = 3_600): Tome {
  let issued = 0;
  tokenServer.script((response) => {
    issued += 1;
    const content = { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: lifetimeSeconds };
    response.writeHead(200).end(JSON.stringify(content));
  });
  const lines = { kind: 'oauth2', tokenUrl: `${tokenServer.url}${TOKEN_PATH}` } as const;
  return tomeWith(lines, JSON.stringify({ clientId: 'card', clientSecret: SECRET }), settings);
}

/** Advances the time in steps until the work is over, with real time between them for HTTP. */
async function whileTimePasses<Result>(work: Promise<Result>): Promise<Result> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  while (!isOver) {
    await time.advance(50);
    await systemClock.sleep(1);
  }
  return work;
}

const live = (timeMs = 600_000): TomeCall => ({
  deadlineMs: time.monotonicMs() + timeMs,
  lane: 'live',
  correlationId: 'test',
});
const batch = (): TomeCall => ({ ...live(), lane: 'batch' });
const sentTokens = (): readonly unknown[] => tomeServer.headers.map(({ authorization }) => authorization);
const sentKeys = (): readonly unknown[] => tomeServer.headers.map((headers) => headers['x-api-key']);
const denied = (attempts: number) => ({ code: 'tome-access-denied', attempts });

describe('a key in a header', () => {
  test('is sent after its prefix with each request', async () => {
    tomeServer.script(found);
    await withKey().ns1.lookup(card, live());
    expect(sentKeys()).toEqual([`Key ${SECRET}`]);
  });

  test('is read again after a 401, and the request is repeated once with the new key', async () => {
    tomeServer.script(unauthorized, found);
    const tome = withKey();
    await time.advance(30_000);
    secret = 'new-key';
    expect(await tome.ns1.lookup(card, live())).toBe(ours);
    expect(sentKeys()).toEqual([`Key ${SECRET}`, 'Key new-key']);
  });

  test('is read once for all calls that TOME refused, and then not for 30 seconds', async () => {
    tomeServer.script(unauthorized);
    const tome = withKey({ breaker: { failures: 1_000, openMs: 1 } });
    await time.advance(30_000);
    await Promise.allSettled(Array.from({ length: 10 }, () => tome.ns1.lookup(card, live())));
    expect(secretReads).toBe(1);
    await time.advance(29_000);
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject(denied(1));
    expect(secretReads).toBe(1);
    await time.advance(2_000);
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject(denied(2));
    expect(secretReads).toBe(2);
  });

  test('stays in use by other calls while its secret is read, and all refused calls wait for the new one', async () => {
    const isRefused = (sent: ScriptedRequest): boolean =>
      sent.path.endsWith('/tokenize') && sent.headers['x-api-key'] === `Key ${SECRET}`;
    tomeServer.script((response, sent) => (isRefused(sent) ? unauthorized : bound)(response, sent));
    const tome = withKey({ breaker: { failures: 1_000, openMs: 1 } });
    await time.advance(30_000);
    const reading = Promise.withResolvers<void>();
    secretIsRead = reading.promise;
    secret = 'new-key';
    const refused = Promise.all([1, 2].map(() => tome.ns1.tokenize(card, ours, live())));
    await vi.waitFor(() => expect(calls).toHaveLength(2), { timeout: 60_000 });
    expect(await tome.ns1.lookup(card, live())).toBe(ours);
    expect(sentKeys()).toEqual(Array.from({ length: 3 }, () => `Key ${SECRET}`));
    reading.resolve();
    expect((await refused).map(({ token }) => token)).toEqual([ours, ours]);
    expect(sentKeys().slice(3)).toEqual(['Key new-key', 'Key new-key']);
    expect(secretReads).toBe(1);
  });

  test('is not read again for a call that TOME refused with the former key; the call is repeated with the new one', async () => {
    const held = Promise.withResolvers<void>();
    const late: Act = (response, sent) => void held.promise.then(() => unauthorized(response, sent));
    tomeServer.script(late, unauthorized, found);
    const tome = withKey();
    await time.advance(30_000);
    secret = 'new-key';
    const first = tome.ns1.lookup(card, live());
    await vi.waitFor(() => expect(tomeServer.paths).toHaveLength(1), { timeout: 60_000 });
    expect(await tome.ns1.lookup(card, live())).toBe(ours);
    held.resolve();
    expect(await first).toBe(ours);
    expect(sentKeys()).toEqual([`Key ${SECRET}`, `Key ${SECRET}`, 'Key new-key', 'Key new-key']);
    expect(secretReads).toBe(1);
  });

  test('is not read again soon after the start', async () => {
    tomeServer.script(unauthorized);
    await expect(withKey().ns1.lookup(card, live())).rejects.toMatchObject(denied(1));
    expect(secretReads).toBe(0);
  });

  test('stays in use when its secret cannot be read again, which is reported', async () => {
    tomeServer.script(unauthorized, found);
    const tome = withKey();
    await time.advance(30_000);
    secret = null;
    expect(await tome.ns1.lookup(card, live())).toBe(ours);
    expect(sentKeys()).toEqual([`Key ${SECRET}`, `Key ${SECRET}`]);
    expect(unreadable).toHaveLength(1);
  });
});

describe('an access token', () => {
  test('is requested once for many calls, and token requests are no calls to TOME', async () => {
    tomeServer.script(found);
    const tome = withTokens();
    await Promise.all(Array.from({ length: 20 }, () => tome.ns1.lookup(card, live())));
    expect(tokenRequests).toEqual(['ok']);
    expect(calls).toHaveLength(20);
    expect(new Set(sentTokens())).toEqual(new Set(['Bearer token-1']));
    expect(tokenServer.paths).toEqual([TOKEN_PATH]);
  });

  test('that TOME refuses is replaced, and the request is repeated without a retry', async () => {
    tomeServer.script(found, unauthorized, found);
    const tome = withTokens({ maxAttempts: 1, retryRatio: 0 });
    await tome.ns1.lookup(card, live());
    expect(await tome.ns1.lookup(card, live())).toBe(ours);
    expect(sentTokens()).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    // TOME is not down: the breaker of one failure is closed.
    tome.ns1.assertAdmits('lookup', live());
  });

  test('that a gateway refuses for one operation is used by all others, although no other token comes', async () => {
    tomeServer.script((response, sent) => (sent.path.endsWith('/tokenize') ? unauthorized : found)(response, sent));
    const tome = withTokens({ breaker: { failures: 1_000, openMs: 1 } });
    await tome.ns1.lookup(card, live());
    tokenServer.script((response) => response.writeHead(503).end());
    await expect(whileTimePasses(tome.ns1.tokenize(card, ours, live()))).rejects.toMatchObject(denied(1));
    expect(await tome.ns1.lookup(card, live())).toBe(ours);
    expect(new Set(sentTokens())).toEqual(new Set(['Bearer token-1']));
  });

  test('that TOME refuses and that nothing replaces opens the breaker of the operation, so that no pair is reserved', async () => {
    tomeServer.script(unauthorized);
    const tome = withTokens({ breaker: { failures: 2, openMs: 600_000 } });
    // The first token is requested before the token server is down.
    tokenServer.script(
      (response) => response.writeHead(200).end(JSON.stringify({ access_token: 'only', token_type: 'Bearer' })),
      (response) => response.writeHead(503).end(),
    );
    for (const token of [ours, another]) {
      tome.ns1.assertAdmits('tokenize', live());
      await expect(whileTimePasses(tome.ns1.tokenize(card, token, live()))).rejects.toMatchObject(denied(1));
    }
    expect(() => tome.ns1.assertAdmits('tokenize', live())).toThrow(expect.objectContaining({ attempts: 0 }));
    tome.ns1.assertAdmits('lookup', live());
  });

  test('that TOME refuses is replaced for prefetch too, because TOME has used no token', async () => {
    tomeServer.script(unauthorized, answers(200, { tokens: [{ token: ours }] }));
    expect(await withTokens().ns1.prefetch(1, batch())).toMatchObject({ tokens: [{ token: ours }] });
    expect(sentTokens()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('is replaced by one request for all calls that TOME refused', async () => {
    tomeServer.script((response, sent) =>
      (sent.headers.authorization === 'Bearer token-1' ? unauthorized : found)(response, sent),
    );
    const tome = withTokens();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => tome.ns1.lookup(card, live())));
    expect(outcomes).toEqual(outcomes.map(() => ours));
    expect(tokenRequests).toEqual(['ok', 'ok']);
  });

  test('is replaced once for a call; when TOME refuses the new one too, not for 30 seconds', async () => {
    tomeServer.script(unauthorized);
    const tome = withTokens({ breaker: { failures: 1_000, openMs: 1 } });
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject(denied(2));
    for (let call = 0; call < 5; call += 1) {
      await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject(denied(1));
    }
    expect(tokenRequests).toHaveLength(3);
    await time.advance(30_000);
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject(denied(2));
    expect(tokenRequests).toHaveLength(4);
  });

  test('that TOME refuses twice counts as one failure of TOME', async () => {
    tomeServer.script(unauthorized);
    const tome = withTokens({ breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject(denied(2));
    expect(() => tome.ns1.assertAdmits('lookup', live())).toThrow(expect.objectContaining({ attempts: 0 }));
  });

  test('is not replaced after a 403', async () => {
    tomeServer.script((response) => response.writeHead(403).end());
    await expect(withTokens().ns1.lookup(card, live())).rejects.toMatchObject(denied(1));
    expect(tokenRequests).toEqual(['ok']);
  });

  test('that expires while a call waits for its slot is replaced before the call is sent', async () => {
    tomeServer.script(found);
    const tome = withTokens({ batchCallsPerSecond: 0.05 }, 15);
    await tome.ns1.lookup(card, batch());
    await whileTimePasses(tome.ns1.lookup(card, batch()));
    expect(sentTokens()).toEqual(['Bearer token-1', 'Bearer token-2']);
  });
});

describe('without a token', () => {
  test('no call reaches TOME, and creations are refused before they reserve a pair', async () => {
    const tome = withTokens();
    tokenServer.script((response) => response.writeHead(503).end());
    await expect(whileTimePasses(tome.ns1.tokenize(card, ours, live()))).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(tokenRequests).toEqual(['no-answer', 'no-answer', 'no-answer']);
    expect(() => tome.ns1.assertAdmits('tokenize', live())).toThrow(
      expect.objectContaining({ code: 'tome-unavailable', attempts: 0 }),
    );
    expect(tomeServer.paths).toEqual([]);
  });

  test('a call whose token request gets no answer is refused at its deadline', async () => {
    const tome = withTokens();
    tokenServer.script(staysSilent);
    const startedMs = time.monotonicMs();
    await expect(whileTimePasses(tome.ns1.lookup(card, live(800)))).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(time.monotonicMs()).toBe(startedMs + 800);
    expect(tomeServer.paths).toEqual([]);
  });

  test.each<[number, ObservedTokenRequest['outcome'][]]>([
    [0, ['no-answer']],
    [4_000, ['no-answer']],
    [4_001, []],
    [3_600_000, []],
  ])('a token request without an answer after a freeze of %i ms is reported as %j', async (frozenMs, reported) => {
    tokenServer.script((response) => {
      time.shiftDate(frozenMs);
      response.destroy();
    });
    const seen: ObservedTokenRequest['outcome'][] = [];
    let failures = 0;
    const { url } = tokenServer;
    const authentication = createAuthentication({
      profile: simulatorProfileWith({ authentication: { kind: 'oauth2', tokenUrl: `${url}${TOKEN_PATH}` } }),
      baseUrl: url,
      credential: {
        text: JSON.stringify({ clientId: 'card', clientSecret: SECRET }),
        read: async () => '',
        onUnreadable: (error) => unreadable.push(error),
      },
      signingCredentials: () => {
        throw new Error('This test signs nothing.');
      },
      time,
      // The pause after the failure needs a random number.
      random: () => {
        failures += 1;
        return 0.5;
      },
      onTokenRequest: ({ outcome }) => seen.push(outcome),
    });
    authentication.start();
    await vi.waitFor(() => expect(failures).toBe(1), { timeout: 60_000 });
    expect(seen).toEqual(reported);
  });

  test('a changed client secret is read again after the token server refused the old one', async () => {
    const tome = withTokens();
    const issue: Act = (response) =>
      response.writeHead(200).end(JSON.stringify({ access_token: 'late', token_type: 'Bearer' }));
    tokenServer.script((response) => response.writeHead(401).end(), issue);
    tomeServer.script(found);
    await time.advance(30_000);
    secret = JSON.stringify({ clientId: 'card', clientSecret: 'new' });
    expect(await whileTimePasses(tome.ns1.lookup(card, live()))).toBe(ours);
    const sent = tokenServer.headers.map(({ authorization = '' }) =>
      Buffer.from(authorization.slice('Basic '.length), 'base64').toString(),
    );
    expect(sent).toEqual([`card:${SECRET}`, 'card:new']);
  });
});

describe('an error contains neither the credential nor the token', () => {
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
  const echoesHeaders =
    (status: number): Act =>
    (response, { headers }) => {
      response.writeHead(status, { 'x-request-id': String(headers['x-request-id']) }).end(JSON.stringify(headers));
    };

  test.each([200, 400, 401, 403, 404, 500])('after a %i that echoes the request', async (status) => {
    for (const tome of [withKey(), withTokens()]) {
      tomeServer.script(echoesHeaders(status));
      const failure = await failureOf(tome.ns1.lookup(card, live()));
      expect(failure).toBeInstanceOf(Error);
      const printed = inspect(failure, { showHidden: true, depth: 9 });
      for (const part of ['hunter2', 'token-1', 'token-2']) expect(printed).not.toContain(part);
    }
  });

  test('after a token request that failed', async () => {
    const tome = withTokens();
    tokenServer.script((response, { headers }) => response.writeHead(400).end(headers.authorization));
    const printed = inspect(await failureOf(whileTimePasses(tome.ns1.lookup(card, live()))), {
      showHidden: true,
      depth: 9,
    });
    expect(printed).not.toContain('hunter2');
    expect(printed).not.toContain(Buffer.from(`card:${SECRET}`).toString('base64'));
  });
});
