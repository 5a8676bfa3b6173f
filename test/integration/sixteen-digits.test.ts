import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import { passesLuhn } from '../../lambdas/tokenization/model/luhn.ts';
import { findReferenceFault } from '../../lambdas/tokenization/model/reference-rules.ts';
import type { TokenizerEvent } from '../../lambdas/tokenization/tokenizer-dependencies.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { type ProcessSettings, type ProcessUnderTest, startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld, type World } from '../faults/harness/world.ts';
import { plainTome } from '../support/plain-tome.ts';
import { defaultRulesUnder, profileNamed } from '../support/tome-profiles.ts';
import { type ManglingFront, startFront } from './mangling-front.ts';

/** A TOME whose internal tokens look like card numbers and like references. */
const profile = { ...profileNamed('sixteen-digits'), authentication: { kind: 'none' } } as const;
const rules = defaultRulesUnder(profile);
/** A number that can be a card number, an internal token and a reference. */
const DIGITS = '9000000000000001';
const CARD = CardNumber.parse(DIGITS);
const card = (serial: number): CardNumber => CardNumber.parse(madeUpCard(serial));

let world: World;
let front: ManglingFront;
let events: TokenizerEvent[];

beforeEach(async () => {
  world = await createWorld(inject('postgresUrl'), 1, { profile });
  await world.reset();
  front = await startFront(world.simulator.url);
  events = [];
});

afterEach(async () => {
  await front.close();
  await world.close();
});

const product = (settings: ProcessSettings = {}): ProcessUnderTest =>
  startProcess({ ...world, tome: plainTome(front.url, profile) }, noFaults, {
    report: (event) => events.push(event),
    ...settings,
  });

async function makeAvailable(internalToken: string, cardReference: string): Promise<void> {
  const store = createRefillStore(world.database, {
    leaseSeconds: 3_600,
    maxMappingFailures: 3,
    expiryMarginSeconds: 0,
  });
  const lease = await store.acquireLease(randomUUID());
  if (lease === null) throw new Error('Another run holds the lease.');
  await world.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference})`;
  await world.sql`INSERT INTO staged_pair (pair_id) SELECT id FROM pair WHERE state = 'STAGED'`;
  await store.activate(lease, await store.stagedPairs(100));
  await store.releaseLease(lease);
}

const storedTexts = async (): Promise<readonly unknown[]> =>
  (
    await world.sql`SELECT internal_token AS text FROM pair UNION ALL SELECT card_reference FROM pair UNION ALL SELECT token FROM unpaired_token`
  ).map(({ text }) => text);

const levels = async () =>
  Object.fromEntries(
    (
      await world.sql<{ state: string; pairs: number }[]>`
        SELECT state, count(*)::int AS pairs FROM pair_life GROUP BY state
      `
    ).map(({ state, pairs }) => [state, pairs]),
  );

test('cards are created, found and exchanged back with pairs whose internal tokens look like card numbers', async () => {
  world.simulator.faults.order({ operation: 'prefetch', namespace: 'ns1', kind: 'card-like', rate: 1 });
  const { tokenizer, context, prefetch } = product();
  await prefetch(20);
  const tokens = await world.sql<{ token: string }[]>`SELECT internal_token AS token FROM pair`;
  expect(tokens.filter(({ token }) => /^4\d{15}$/.test(token) && passesLuhn(token))).toHaveLength(20);
  for (let serial = 0; serial < 20; serial += 1) {
    const { cardReference, created } = await tokenizer.create(card(serial), context());
    expect(created).toBe(true);
    expect(await tokenizer.lookup(card(serial), context())).toBe(cardReference);
    expect((await tokenizer.detokenize(cardReference, context())).equals(card(serial))).toBe(true);
  }
});

test('an internal token is refused where a reference is expected, and TOME is not asked', async () => {
  const { tokenizer, context, prefetch } = product();
  await prefetch(4);
  await tokenizer.create(card(1), context());
  world.simulator.ledger.reset();
  const tokens = await world.sql<{ token: string }[]>`SELECT internal_token AS token FROM pair`;
  for (const { token } of tokens) {
    await expect(tokenizer.detokenize(token as CardReference, context())).rejects.toMatchObject({
      code: 'invalid-input',
      field: 'cardReferenceId',
    });
  }
  expect(world.simulator.ledger.counts()).toEqual([]);
});

test('a prefetch sets a text aside that both namespaces issued, and uses all other tokens', async () => {
  const shared = '9100000000000009';
  const answered = new Set<string>();
  // In the first answer of each namespace.
  front.mangle = ({ path, text }) => {
    if (!path.endsWith('/prefetch') || answered.has(path)) return undefined;
    answered.add(path);
    const { tokens } = JSON.parse(text) as { tokens: object[] };
    return JSON.stringify({ tokens: tokens.map((token, index) => (index === 1 ? { token: shared } : token)) });
  };
  expect(await product().prefetch(12)).toMatchObject({ outcome: 'full', rejected: 2, rejectedReferences: 1 });
  expect(answered.size).toBe(2);
  expect((await levels())['AVAILABLE']).toBeGreaterThanOrEqual(12);
  expect(await storedTexts()).not.toContain(shared);
  expect(await world.sql`SELECT namespace, tokens::int FROM forgotten_token ORDER BY namespace`).toEqual([
    { namespace: 'ns1', tokens: 1 },
    { namespace: 'ns2', tokens: 1 },
  ]);
});

test('a staged pair of two equal texts is quarantined and not bound, and no other pair is', async () => {
  const { prefetch } = product();
  // A role that switches triggers off could store such a pair.
  await world.sql.begin(async (sql) => {
    await sql`SET LOCAL session_replication_role = replica`;
    await sql`INSERT INTO pair (internal_token, card_reference) VALUES (${DIGITS}, ${DIGITS})`;
    await sql`INSERT INTO staged_pair (pair_id) SELECT id FROM pair`;
  });
  expect(await prefetch(8)).toMatchObject({ outcome: 'full', quarantined: 1 });
  expect(await world.sql`SELECT internal_token, reason FROM pair WHERE state = 'QUARANTINED'`).toEqual([
    { internal_token: DIGITS, reason: 'equal-texts' },
  ]);
  expect(await levels()).toEqual({ AVAILABLE: 8, QUARANTINED: 1 });
});

test.each([
  ['without a key', undefined],
  ['with a key', 'key-1'],
])(
  'a creation quarantines a pair whose internal token is the number of its card, and uses another one, %s',
  async (_how, key) => {
    await makeAvailable(DIGITS, '9100000000000009');
    const { tokenizer, context, prefetch } = product();
    await prefetch(3);
    world.simulator.ledger.reset();
    const { cardReference, created } = await tokenizer.create(CARD, context(), key);
    expect(created).toBe(true);
    expect(cardReference).not.toBe('9100000000000009');
    expect(await world.sql`SELECT internal_token, reason FROM pair WHERE state = 'QUARANTINED'`).toEqual([
      { internal_token: DIGITS, reason: 'conflict' },
    ]);
    expect((await tokenizer.detokenize(cardReference, context())).equals(CARD)).toBe(true);
  },
);

describe('when NS1 has bound a card to its own number', () => {
  const lasting = { code: 'internal-token-unacceptable', retryable: false };

  test.each([
    ['with pairs', 3],
    ['without pairs', 0],
  ])('every operation %s gets a lasting error, nothing is stored, and other cards are created', async (_how, pairs) => {
    const { tokenizer, context, prefetch } = product();
    await prefetch(pairs);
    world.simulator.faults.order({ operation: 'tokenize', namespace: 'ns1', kind: 'same-as-source', count: 1 });
    for (let time = 0; time < 3; time += 1) {
      await expect(tokenizer.create(CARD, context())).rejects.toMatchObject(lasting);
      await expect(tokenizer.lookup(CARD, context())).rejects.toMatchObject(lasting);
      await expect(tokenizer.lookupOrTokenize(CARD, context())).rejects.toMatchObject(lasting);
    }
    expect(await storedTexts()).not.toContain(DIGITS);
    expect(await levels()).toEqual(pairs === 0 ? {} : { AVAILABLE: pairs });
    expect(await tokenizer.create(card(2), context())).toMatchObject({ created: true });
  });
});

test.each([
  ['with pairs', 3],
  ['without pairs', 0],
])('a card whose internal token is the reference of a stored pair keeps its reference %s', async (_how, pairs) => {
  const [bound] = world.simulator.bindElsewhere({ given: [madeUpCard(1)], references: 'usual' });
  const cardReference = bound?.reference as CardReference;
  const stored = { internalToken: '4100000000000001', cardReference: bound?.internalToken ?? '' };
  const { tokenizer, context, prefetch } = product();
  await prefetch(pairs);
  await world.sql`
    INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
    VALUES (${stored.internalToken}, ${stored.cardReference}, 'USED', 'direct', now())
  `;
  const known = { cardReference, created: false };
  expect(await tokenizer.lookup(card(1), context())).toBe(cardReference);
  expect(await tokenizer.create(card(1), context(), 'a-key')).toEqual(known);
  expect(await tokenizer.lookupOrTokenize(card(1), context())).toEqual(known);
  expect((await tokenizer.detokenize(cardReference, context())).equals(card(1))).toBe(true);
  expect(await world.sql`SELECT FROM pair WHERE card_reference = ${cardReference}`).toEqual([]);
  expect(events.filter((event) => event === 'pair-repaired')).toEqual([]);
  expect(events.filter((event) => event === 'repair-postponed').length).toBeGreaterThanOrEqual(4);
  expect(await levels()).toMatchObject(pairs === 0 ? {} : { AVAILABLE: pairs });
});

test('when NS2 names an internal token as its own reference, it is neither returned nor stored', async () => {
  world.simulator.faults.order({ operation: 'tokenize', namespace: 'ns2', kind: 'same-as-source', count: 1 });
  const { tokenizer, context } = product();
  const lasting = { code: 'reference-unacceptable', retryable: false };
  await expect(tokenizer.create(CARD, context())).rejects.toMatchObject(lasting);
  await expect(tokenizer.create(CARD, context())).rejects.toMatchObject(lasting);
  await expect(tokenizer.lookup(CARD, context())).rejects.toMatchObject(lasting);
  expect(await storedTexts()).toEqual([]);
});

test('a staged pair whose reference NS2 names as the internal token is quarantined, and no other pair is', async () => {
  world.simulator.faults.order({ operation: 'tokenize', namespace: 'ns2', kind: 'same-as-source', count: 1 });
  const { prefetch } = product();
  expect(await prefetch(12)).toMatchObject({ outcome: 'full' });
  expect(await levels()).toMatchObject({ AVAILABLE: 12, QUARANTINED: 1 });
});

test.each(['any-luhn', 'unrestricted'] as const)(
  'without pairs no creation fails at a TOME with %s references, odd ones are counted and stored, and each is exchanged back with one call',
  async (references) => {
    world.simulator.turn({ references });
    const { tokenizer, context } = product();
    const created: CardReference[] = [];
    for (let serial = 0; serial < 100; serial += 1) {
      const { cardReference } = await tokenizer.create(card(serial), context());
      created.push(cardReference);
    }
    const odd = created.filter((reference) => findReferenceFault(reference, rules) !== null);
    expect(odd.length).toBeGreaterThan(0);
    expect(events.filter((event) => event === 'reference-odd')).toHaveLength(odd.length);
    world.simulator.ledger.reset();
    for (const [serial, reference] of created.entries()) {
      expect((await tokenizer.detokenize(reference, context())).equals(card(serial))).toBe(true);
    }
    expect(world.simulator.ledger.counts()).toEqual([
      expect.objectContaining({ namespace: 'ns1', operation: 'detokenize', count: 100 }),
    ]);
  },
);

test('an odd reference that another producer had bound is read, stored and counted', async () => {
  const [bound] = world.simulator.bindElsewhere({ given: [DIGITS], references: 'card-like' });
  const reference = bound?.reference as CardReference;
  expect(findReferenceFault(reference, rules)).toBe('card-network-prefix');
  const { tokenizer, context } = product();
  expect((await tokenizer.detokenize(reference, context())).equals(CARD)).toBe(true);
  expect(await tokenizer.lookup(CARD, context())).toBe(reference);
  expect(await tokenizer.create(CARD, context())).toEqual({ cardReference: reference, created: false });
  expect(await world.sql`SELECT state, origin FROM pair WHERE card_reference = ${reference}`).toEqual([
    { state: 'USED', origin: 'repair' },
  ]);
  const [other] = world.simulator.bindElsewhere({ count: 1, references: 'card-like' });
  expect(await tokenizer.lookup(CardNumber.parse(other?.source ?? ''), context())).toBe(other?.reference);
  expect(events.filter((event) => event === 'reference-odd')).toHaveLength(1);
});
