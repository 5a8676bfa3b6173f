import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { readPoolHealth } from '../../lambdas/pool/pool-health.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { systemClock } from '../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { Clock } from '../../lambdas/tokenization/ports/clock.ts';
import type { Tome } from '../../lambdas/tokenization/ports/tome.ts';
import { type PrefetchResult, prefetch as runPrefetch } from '../../lambdas/tokenization/refill/prefetch.ts';
import type { TomeSettings } from '../../lambdas/tome/client/tome-client.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { type ProcessUnderTest, startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld, type World } from '../faults/harness/world.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { plainTome } from '../support/plain-tome.ts';
import { defaultRules, simulatorProfile } from '../support/tome-profiles.ts';
import { type ManglingFront, startFront } from './mangling-front.ts';

let world: World;
let front: ManglingFront;

beforeEach(async () => {
  world = await createWorld(inject('postgresUrl'), 1);
  await world.reset();
  front = await startFront(world.simulator.url);
});

afterEach(async () => {
  await front.close();
  await world.close();
});

/** TOME's client, which calls the simulator through the front. */
const tomeOver = (settings: Partial<TomeSettings> = {}, clock: Clock = systemClock): Tome =>
  plainTome(front.url, simulatorProfile, {
    settings: { breaker: { failures: 10, openMs: 60_000 }, ...settings },
    clock,
  });

const productWith = (settings: Partial<TomeSettings> = {}, clock: Clock = systemClock): ProcessUnderTest =>
  startProcess({ ...world, tome: tomeOver(settings, clock) }, noFaults);

const card = (serial: number): CardNumber => CardNumber.parse(madeUpCard(serial));
const prefetch = async (target: number, inBulk = false): Promise<PrefetchResult> =>
  (await productWith().prefetch(target, inBulk)) as PrefetchResult;
const levels = async () => {
  const rows = await world.sql<{ state: string; pairs: number }[]>`
    SELECT state, count(*)::int AS pairs FROM pair_life GROUP BY state ORDER BY state
  `;
  return Object.fromEntries(rows.map(({ state, pairs }) => [state, pairs]));
};
const failuresNoted = async (): Promise<number> =>
  (await world.sql<{ noted: number }[]>`SELECT coalesce(sum(failures), 0)::int AS noted FROM staged_pair`)[0]?.noted ??
  0;

describe('one unusable entry of a prefetch answer', () => {
  const CARD_NUMBER = madeUpCard(77);
  const UNUSABLE: readonly (readonly [string, unknown])[] = [
    ['a token that is too long', { token: '9'.repeat(70) }],
    ['a reference of 17 digits', { token: '91234567890123456' }],
    ['a card number', { token: CARD_NUMBER }],
    ['a card number with spaces', { token: CARD_NUMBER.replaceAll(/(.{4})/g, '$1 ') }],
    ['an internal token that contains a card number', { token: `it_${CARD_NUMBER}_abcdef` }],
    ['null', null],
    ['a token that is null', { token: null }],
    ['a token that is a number', { token: 12 }],
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['control characters', { token: 'a\u0000b' }],
  ];

  test.each(
    (['ns1', 'ns2'] as const).flatMap((namespace) =>
      UNUSABLE.map(([name, entry]) => [namespace, name, entry] as const),
    ),
  )('of %s is set aside and counted: %s', async (namespace, _name, entry) => {
    front.mangle = ({ path, text }) => {
      if (!path.endsWith(`${namespace}/prefetch`)) return undefined;
      const { tokens } = JSON.parse(text) as { tokens: unknown[] };
      return JSON.stringify({ tokens: tokens.map((token, index) => (index === 1 ? entry : token)) });
    };
    // One round of eight pairs: the other tokens of the answer are used.
    const result = await prefetch(8);
    expect(result.activated).toBeGreaterThanOrEqual(7);
    expect(result.rejected).toBeGreaterThanOrEqual(1);
    const [counted] = await world.sql<{ tokens: number }[]>`
        SELECT (
          (SELECT count(*) FROM unpaired_token WHERE namespace = ${namespace} AND rejected_because IS NOT NULL)
          + (SELECT coalesce(sum(tokens), 0) FROM forgotten_token WHERE namespace = ${namespace} AND reason = 'rejected')
        )::int AS tokens
      `;
    expect(counted?.tokens).toBeGreaterThanOrEqual(1);
    const texts = await world.sql`
        SELECT internal_token AS text FROM pair UNION ALL SELECT card_reference FROM pair UNION ALL SELECT token FROM unpaired_token
      `;
    const digits = texts.map(({ text }) => String(text).replaceAll(/[^0-9]/g, ' ')).join('\n');
    expect(digits).not.toContain(CARD_NUMBER);
    expect(texts.map(({ text }) => String(text).replaceAll(/\D/g, '')).join('\n')).not.toContain(CARD_NUMBER);
  });

  test.each(['yesterday', '2026-13-45T00:00:00Z', 12, '2001-01-01T00:00:00Z'])(
    'with the expiry %j is set aside, and the other entries are used',
    async (expiresAt) => {
      front.mangle = ({ path, text }) => {
        if (!path.endsWith('prefetch')) return undefined;
        const { tokens } = JSON.parse(text) as { tokens: { token: string }[] };
        return JSON.stringify({
          tokens: tokens.map((token, index) => (index === 2 ? { ...token, expiresAt } : token)),
        });
      };
      const { activated } = await prefetch(8);
      expect(activated).toBeGreaterThanOrEqual(7);
      expect(await world.sql`SELECT 1 FROM pair WHERE expires_at < now()`).toHaveLength(0);
      const aside =
        await world.sql`SELECT namespace FROM unpaired_token WHERE rejected_because IN ('expired', 'expiry-format')`;
      expect(new Set(aside.map(({ namespace }) => namespace))).toEqual(new Set(['ns1', 'ns2']));
    },
  );

  test('is counted once when the same answer is stored twice', async () => {
    const store = async (): Promise<void> => {
      await world.sql`
        SELECT stage_tokens(1, ARRAY['00000000-0000-0000-0000-000000000001'::uuid], '{}', '{}', '{}', '{}',
          ARRAY['ns1', 'ns1'], ARRAY[NULL, 'odd'], ARRAY['token-format', 'token-format'], 0)
      `;
    };
    await world.sql`SELECT acquire_lease('prefetch', 'a run', 60)`;
    await world.sql`SELECT announce_prefetch('00000000-0000-0000-0000-000000000001', 'ns1', 1, 5)`;
    await store();
    await store();
    expect(await world.sql`SELECT namespace, tokens::int FROM forgotten_token`).toEqual([
      { namespace: 'ns1', tokens: 1 },
    ]);
    expect(await world.sql`SELECT token FROM unpaired_token`).toEqual([{ token: 'odd' }]);
  });
});

describe('a binding on NS2', () => {
  /** Replaces the answers to bindings from now on, unless `answer` returns undefined. */
  const answerBindings = (answer: (source: string, text: string) => string | { status: number } | undefined): void => {
    front.mangle = ({ path, body, text }) =>
      path.endsWith('ns2/tokenize') ? answer(String(body['source']), text) : undefined;
  };

  test.each([403, 404, 413, 500, 502, 503])('that always fails with %i counts against no pair', async (status) => {
    answerBindings(() => ({ status }));
    expect(await prefetch(20)).toMatchObject({ outcome: 'incomplete', activated: 0 });
    expect(await failuresNoted()).toBe(0);
    expect(Object.keys(await levels())).toEqual(['STAGED']);
  });

  test('that always fails with 429 counts against no pair, and ends the run early', async () => {
    answerBindings(() => ({ status: 429 }));
    const clock = new FakeClock();
    let isDone = false;
    const run = runPrefetch(
      {
        tome: tomeOver({}, clock),
        store: createRefillStore(world.database, { leaseSeconds: 60, maxMappingFailures: 3, expiryMarginSeconds: 0 }),
        poolLevel: () => world.database.run(readPoolHealth),
        clock,
        ...defaultRules,
        settings: {
          targetMin: 20,
          targetMax: 20,
          coverMinutes: 0,
          lowWaterRatio: 0,
          leadMinutes: 0,
          batchSize: 20,
          mappingConcurrency: 4,
          activationChunk: 5,
          bulkItems: null,
        },
      },
      { runId: 'a run', deadlineMs: clock.monotonicMs() + 3_600_000 },
    ).finally(() => {
      isDone = true;
    });
    // The fake clock advances in small steps, with real time between them for database and HTTP.
    while (!isDone) {
      await clock.advance(50);
      await systemClock.sleep(1);
    }
    expect(await run).toMatchObject({ stoppedBy: 'tome-rate-limited', activated: 0 });
    expect(await failuresNoted()).toBe(0);
    expect(await levels()).toEqual({ STAGED: 20 });
  });

  test('that fails for one pair in three runs quarantines this pair and no other', async () => {
    let failing: string | undefined;
    answerBindings((source) => {
      failing ??= source;
      return source === failing ? { status: 500 } : undefined;
    });
    for (let run = 1; run <= 3; run += 1) {
      await prefetch(20 * run);
      expect((await levels())['AVAILABLE']).toBeGreaterThanOrEqual(20 * run - 1);
    }
    expect(await world.sql`SELECT internal_token, reason FROM pair WHERE state = 'QUARANTINED'`).toEqual([
      { internal_token: failing, reason: 'unmappable' },
    ]);
  });

  test('that has a wrong answer for one pair quarantines this pair and no other', async () => {
    const sources: string[] = [];
    answerBindings((source, text) => {
      sources.push(source);
      return sources[2] === source ? text.replace('"token":"', '"token":"0') : undefined;
    });
    await prefetch(20);
    expect(await world.sql`SELECT internal_token, reason FROM pair WHERE state = 'QUARANTINED'`).toEqual([
      { internal_token: sources[2], reason: 'wrong-echo' },
    ]);
    expect((await levels())['AVAILABLE']).toBeGreaterThanOrEqual(19);
  });

  test('that has a wrong answer for every pair ends the run after 20 pairs', async () => {
    answerBindings(() => JSON.stringify({ token: '9100000000000009', isNew: false }));
    expect(await prefetch(400)).toMatchObject({ stoppedBy: 'tome-answer-invalid', activated: 0 });
    expect((await levels())['QUARANTINED']).toBe(20);
    expect((await levels())['STAGED']).toBe(80);
  });

  test.each<[string, unknown]>([
    ['a reference of 17 digits', { outcome: 'bound', token: '91234567890123456', isNew: true }],
    ['null', null],
    ['an unknown outcome', { outcome: 'perhaps' }],
  ])('by a bulk call with one result of %s costs this pair only', async (_name, unusable) => {
    world.simulator.turn({ bulkTokenize: 'present' });
    let calls = 0;
    front.mangle = ({ path, text }) => {
      if (!path.endsWith('bulk-tokenize') || calls++ > 0) return undefined;
      const { results } = JSON.parse(text) as { results: unknown[] };
      return JSON.stringify({ results: [unusable, ...results.slice(1)] });
    };
    await prefetch(12, true);
    const { AVAILABLE = 0, QUARANTINED = 0, STAGED = 0 } = await levels();
    expect(QUARANTINED).toBe(1);
    expect(STAGED).toBe(0);
    expect(AVAILABLE).toBe(12);
  });

  test('by a bulk call that fails as a whole is repeated one by one', async () => {
    world.simulator.turn({ bulkTokenize: 'present' });
    front.mangle = ({ path }) => (path.endsWith('bulk-tokenize') ? { status: 413 } : undefined);
    expect(await prefetch(12, true)).toMatchObject({ outcome: 'full' });
    expect(await levels()).toEqual({ AVAILABLE: 12 });
  });
});

describe('a card whose internal token on NS1 is unusable', () => {
  const makeTokenUnusable = (serial: number): void => {
    front.mangle = ({ path, body, text }) =>
      path.includes('/ns1/') && body['source'] === madeUpCard(serial)
        ? text.replace(/"token":"[^"]*"/, '"token":"odd"')
        : undefined;
  };

  test('gets a lasting error in every operation, costs no pair, and other cards are created', async () => {
    await prefetch(5);
    await world.tome.ns1.tokenize(card(1), null, {
      deadlineMs: Number.POSITIVE_INFINITY,
      lane: 'live',
      correlationId: 'x',
    });
    makeTokenUnusable(1);
    const product = productWith();
    for (let time = 0; time < 15; time += 1) {
      const lasting = { code: 'internal-token-unacceptable', retryable: false };
      await expect(product.tokenizer.create(card(1), product.context())).rejects.toMatchObject(lasting);
      await expect(product.tokenizer.lookup(card(1), product.context())).rejects.toMatchObject(lasting);
      await expect(product.tokenizer.lookupOrTokenize(card(1), product.context())).rejects.toMatchObject(lasting);
    }
    expect(await levels()).toEqual({ AVAILABLE: 5 });
    expect(await product.tokenizer.create(card(2), product.context())).toMatchObject({ created: true });
  });

  test('costs a pair when an earlier attempt can still reach NS1', async () => {
    await prefetch(5);
    await world.tome.ns1.tokenize(card(1), null, {
      deadlineMs: Number.POSITIVE_INFINITY,
      lane: 'live',
      correlationId: 'x',
    });
    makeTokenUnusable(1);
    world.simulator.faults.order({ operation: 'tokenize', namespace: 'ns1', kind: 'error-before', count: 1 });
    const product = productWith({ maxAttempts: 2 });
    await expect(product.tokenizer.create(card(1), product.context())).rejects.toMatchObject({
      code: 'internal-token-unacceptable',
    });
    expect(await levels()).toEqual({ AVAILABLE: 4, QUARANTINED: 1 });
  });

  test('costs a pair when NS1 has bound the card to it and names another token', async () => {
    await prefetch(5);
    makeTokenUnusable(1);
    const product = productWith();
    const lasting = { code: 'internal-token-unacceptable', retryable: false };
    await expect(product.tokenizer.create(card(1), product.context())).rejects.toMatchObject(lasting);
    const [[, bound] = []] = world.simulator.vaults.ns1.bindings();
    expect(await world.sql`SELECT state FROM pair_life WHERE internal_token = ${String(bound)}`).toEqual([
      { state: 'QUARANTINED' },
    ]);
    expect(await levels()).toEqual({ AVAILABLE: 4, QUARANTINED: 1 });
  });

  test('is created with its pair when NS1 named the unusable token only once', async () => {
    await prefetch(5);
    world.simulator.faults.order({ operation: 'tokenize', namespace: 'ns1', kind: 'odd-item', count: 1 });
    const product = productWith();
    const { cardReference } = await product.tokenizer.create(card(1), product.context());
    expect(await product.tokenizer.lookup(card(1), product.context())).toBe(cardReference);
  });
});

test('a card that NS1 refuses gets a lasting error, and other cards are created', async () => {
  await prefetch(5);
  const product = productWith();
  front.mangle = ({ path, body }) =>
    path.includes('/ns1/') && body['source'] === madeUpCard(1)
      ? { status: 400, text: '{"error":"bad-request"}' }
      : undefined;
  const lasting = { code: 'tome-request-refused', retryable: false };
  await expect(product.tokenizer.lookup(card(1), product.context())).rejects.toMatchObject(lasting);
  await expect(product.tokenizer.create(card(1), product.context())).rejects.toMatchObject(lasting);
  expect(await product.tokenizer.create(card(2), product.context())).toMatchObject({ created: true });
});

test('a pair whose token NS1 refuses is quarantined, and the request can be retried', async () => {
  await prefetch(5);
  const product = productWith();
  world.simulator.faults.clear();
  front.mangle = ({ path, body }) =>
    path.endsWith('ns1/tokenize') && body['source'] === madeUpCard(1)
      ? { status: 400, text: '{"error":"bad-request"}' }
      : undefined;
  // The simulator behind the front has bound the card, so the lookup is replaced as well.
  const refuse = front.mangle;
  front.mangle = (call) =>
    refuse(call) ?? (call.path.endsWith('ns1/lookup') ? { status: 404, text: '{"error":"not-found"}' } : undefined);
  await expect(product.tokenizer.create(card(1), product.context())).rejects.toMatchObject({
    code: 'tome-answer-invalid',
    retryable: true,
  });
  expect(await levels()).toEqual({ AVAILABLE: 4, QUARANTINED: 1 });
});

test('a reference with an unusable stored card gets a lasting error, and other references are detokenized', async () => {
  await prefetch(5);
  const product = productWith();
  const { cardReference } = await product.tokenizer.create(card(1), product.context());
  const CALL = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'x' } as const;
  const legacy = { reveal: () => '501800000009' } as CardNumber;
  const { token } = await world.tome.ns1.tokenize(legacy, null, CALL);
  const { token: reference } = await world.tome.ns2.tokenize(token, null, CALL);
  for (let time = 0; time < 15; time += 1) {
    await expect(product.tokenizer.detokenize(reference as CardReference, product.context())).rejects.toMatchObject({
      code: 'stored-card-unacceptable',
      retryable: false,
    });
  }
  expect((await product.tokenizer.detokenize(cardReference, product.context())).equals(card(1))).toBe(true);
});

test('while NS1 answers 429 to every creation, 60 creations cost three pairs', async () => {
  await prefetch(60);
  const clock = new FakeClock();
  const product = productWith({}, clock);
  world.simulator.faults.order({ operation: 'tokenize', namespace: 'ns1', kind: 'edge-rate-limited', rate: 1 });
  const busy = { code: 'tome-rate-limited', retryAfterSeconds: expect.any(Number) };
  for (let time = 0; time < 20; time += 1) {
    await expect(product.tokenizer.create(card(time + 1), product.context())).rejects.toMatchObject(busy);
  }
  const atOnce = Array.from({ length: 40 }, (_, index) =>
    product.tokenizer.create(card(index + 30), product.context()),
  );
  for (const outcome of await Promise.allSettled(atOnce))
    expect(outcome).toMatchObject({ status: 'rejected', reason: busy });
  expect(await levels()).toEqual({ AVAILABLE: 57, RESERVED: 3 });
  world.simulator.faults.clear();
  await expect(product.tokenizer.create(card(1), product.context())).rejects.toMatchObject(busy);
  await clock.advance(1_000);
  expect(await product.tokenizer.create(card(1), product.context())).toMatchObject({ created: true });
});
