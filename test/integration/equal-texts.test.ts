import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { type ProcessUnderTest, startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld, type World } from '../faults/harness/world.ts';
import { plainTome } from '../support/plain-tome.ts';
import { newInternalToken } from './fill-pool.ts';
import { type ManglingFront, startFront } from './mangling-front.ts';

/** A card number of no known network, which TOME could also issue as a token. */
const DIGITS = '9000000000000001';
const CARD = CardNumber.parse(DIGITS);
const CALL = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'test' } as const;

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

const product = (): ProcessUnderTest => startProcess({ ...world, tome: plainTome(front.url) }, noFaults);

async function makeAvailable(cardReference: string): Promise<void> {
  const store = createRefillStore(world.database, {
    leaseSeconds: 3_600,
    maxMappingFailures: 3,
    expiryMarginSeconds: 0,
  });
  const lease = await store.acquireLease(randomUUID());
  if (lease === null) throw new Error('Another run holds the lease.');
  await world.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${newInternalToken()}, ${cardReference})`;
  await world.sql`INSERT INTO staged_pair (pair_id) SELECT id FROM pair WHERE state = 'STAGED'`;
  await store.activate(lease, await store.stagedPairs(100));
  await store.releaseLease(lease);
}

/** From now on NS2 names the card's own number as the reference of every token. */
function nameCardNumberAsReference(): void {
  front.mangle = ({ path, text }) =>
    path.includes('/ns2/') ? text.replace(/"token":"\d{16}"/, `"token":"${DIGITS}"`) : undefined;
}

const rows = () => world.sql`SELECT card_reference, state, reason FROM pair`;

test.each([
  ['without a key', undefined],
  ['with a key', 'key-1'],
])(
  'a creation quarantines a pair whose reference is the number of its card, and uses another one, %s',
  async (_how, key) => {
    await makeAvailable(DIGITS);
    const { tokenizer, context, prefetch } = product();
    await prefetch(3);
    const { cardReference, created } = await tokenizer.create(CARD, context(), key);
    expect(created).toBe(true);
    expect(cardReference).not.toBe(DIGITS);
    // The reason must not say that a stored text is a card number.
    expect(await world.sql`SELECT card_reference, reason FROM pair WHERE state = 'QUARANTINED'`).toEqual([
      { card_reference: DIGITS, reason: 'conflict' },
    ]);
    expect((await tokenizer.detokenize(cardReference, context())).equals(CARD)).toBe(true);
  },
);

describe('a reference of NS2 that is the number of the card', () => {
  const lasting = { code: 'reference-unacceptable', retryable: false };

  test('is neither returned nor stored by a creation without a pair', async () => {
    nameCardNumberAsReference();
    const { tokenizer, context } = product();
    await expect(tokenizer.create(CARD, context())).rejects.toMatchObject(lasting);
    // NS1 knows the card now, so this request finds its token.
    await expect(tokenizer.create(CARD, context(), 'key-1')).rejects.toMatchObject(lasting);
    await expect(tokenizer.lookupOrTokenize(CARD, context())).rejects.toMatchObject(lasting);
    expect(await rows()).toEqual([]);
  });

  test('is neither returned nor stored by a read, and the pair that a creation reserved stays usable', async () => {
    const { token } = await world.tome.ns1.tokenize(CARD, null, CALL);
    await world.tome.ns2.tokenize(token, null, CALL);
    const { tokenizer, context, prefetch } = product();
    await prefetch(3);
    nameCardNumberAsReference();
    await expect(tokenizer.lookup(CARD, context())).rejects.toMatchObject(lasting);
    await expect(tokenizer.create(CARD, context())).rejects.toMatchObject(lasting);
    const states = await world.sql`SELECT state, count(*)::int AS pairs FROM pair_life GROUP BY state`;
    expect(states).toEqual([{ state: 'AVAILABLE', pairs: 3 }]);
  });

  test('is not exchanged for the card number', async () => {
    const { tokenizer, context } = product();
    const { cardReference } = await tokenizer.create(CARD, context());
    const internalToken = newInternalToken();
    front.mangle = ({ path, body }) => {
      const source = path.endsWith('/ns2/detokenize') ? internalToken : DIGITS;
      const isAboutIt = body['token'] === DIGITS || body['token'] === internalToken;
      return isAboutIt ? { status: 200, text: JSON.stringify({ source }) } : undefined;
    };
    await expect(tokenizer.detokenize(DIGITS as CardReference, context())).rejects.toMatchObject({
      code: 'stored-card-unacceptable',
      retryable: false,
    });
    expect(world.disclosures).toEqual([]);
    expect(await world.sql`SELECT 1 FROM pair WHERE card_reference = ${DIGITS}`).toHaveLength(0);
    expect((await tokenizer.detokenize(cardReference, context())).equals(CARD)).toBe(true);
  });
});
