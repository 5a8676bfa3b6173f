import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { settleReservations } from '../../lambdas/pool/pool-jobs.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../lambdas/tokenization/model/internal-token.ts';
import type { IdempotencyClaim, PairStore, Reservation } from '../../lambdas/tokenization/ports/pair-store.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { restoreBackup, takeBackup } from '../faults/harness/backup.ts';
import { type Interceptor, noFaults } from '../faults/harness/interceptor.ts';
import { PlannedFaults } from '../faults/harness/planned-faults.ts';
import { type ProcessUnderTest, startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld, type World } from '../faults/harness/world.ts';
import { restoredWithOpenKey, tokenIssuedTwice } from '../faults/trials/initial-states.ts';

let world: World;
let product: ProcessUnderTest;

beforeEach(async () => {
  world = await createWorld(inject('postgresUrl'), 1);
  await world.reset();
  product = startProcess(world, noFaults);
});

afterEach(() => world.close());

const CARD = CardNumber.parse(madeUpCard(1));
const OTHER = CardNumber.parse(madeUpCard(2));
const CALL = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'test' } as const;

const create = (card: CardNumber, key?: string) => product.tokenizer.create(card, product.context(), key);
const lookup = (card: CardNumber) => product.tokenizer.lookup(card, product.context());
const detokenize = (reference: CardReference) => product.tokenizer.detokenize(reference, product.context());

/** Every card is answered with its own reference, and no reference with another card. */
async function expectOwnReferences(references: readonly (readonly [CardNumber, CardReference])[]): Promise<void> {
  for (const [card, reference] of references) {
    expect((await detokenize(reference)).equals(card)).toBe(true);
    expect(await lookup(card)).toBe(reference);
  }
}

test('a key gets a reference of its own when its pair was adopted for another card', async () => {
  await tokenIssuedTwice(world);
  await expect(create(OTHER, 'open-key')).rejects.toMatchObject({ code: 'tome-token-taken' });
  await product.prefetch(2);
  const cardReference = await lookup(CARD);
  const other = await create(OTHER, 'open-key');
  expect(other.cardReference).not.toBe(cardReference);
  expect(await create(OTHER, 'open-key')).toMatchObject({ cardReference: other.cardReference, created: other.created });
  await expectOwnReferences([
    [CARD, cardReference],
    [OTHER, other.cardReference],
  ]);
});

test.each([
  ['with the restore fence', true],
  ['without the restore fence', false],
])('an open key of a backup gets a reference of its own after a restore %s', async (_, isFenced) => {
  await product.prefetch(1);
  await restoredWithOpenKey(world);
  if (isFenced) await product.fence();
  else await expect(create(OTHER, 'open-key')).rejects.toMatchObject({ code: 'tome-token-taken' });
  const cardReference = await lookup(CARD);
  const { cardReference: others } = await create(OTHER, 'open-key');
  await expectOwnReferences([
    [CARD, cardReference],
    [OTHER, others],
  ]);
});

/** A process whose step of this name waits for something else that happens first. */
const after = (name: string, act: () => Promise<unknown>): Interceptor => ({
  async around(point, step) {
    if (point.name === name) await act();
    return step();
  },
});

test('a creation whose pair a read adopted meanwhile is answered when NS1 names its token', async () => {
  await product.prefetch(2);
  const racing = startProcess(
    world,
    after('sql mark_used_for_key', () => lookup(CARD)),
  );
  const created = await racing.tokenizer.create(CARD, racing.context(), 'key');
  expect(created.cardReference).toBe(await lookup(CARD));
  expect(await create(CARD, 'key')).toMatchObject({ cardReference: created.cardReference, created: created.created });
});

test('an adopted pair belongs to no reservation', async () => {
  await product.prefetch(2);
  const racing = startProcess(
    world,
    after('sql mark_used', () => lookup(CARD)),
  );
  await racing.tokenizer.create(CARD, racing.context());
  expect(
    await world.sql`SELECT reservation_id AS id, adopted_at IS NOT NULL AS adopted FROM pair WHERE state = 'USED'`,
  ).toEqual([{ id: null, adopted: true }]);
});

test('a read that is given the token of another card adopts no pair', async () => {
  // The pool's only pair has a token that NS1 has bound to CARD.
  await tokenIssuedTwice(world);
  await world.tome.ns1.tokenize(OTHER, null, CALL);
  const lying = new PlannedFaults(new Map([[0, 'wrong-echo']]), world.lateEffects);
  const struck = startProcess(
    { ...world, simulator: { ...world.simulator, vaults: naming(await tokenOf(CARD)) } },
    lying.startProcess(),
    { lookupsMayBeWrong: true },
  );
  await expect(struck.tokenizer.lookup(OTHER, struck.context())).rejects.toMatchObject({ code: 'tome-answer-invalid' });
  expect(await world.sql`SELECT state FROM pair_life`).toEqual([{ state: 'AVAILABLE' }]);
});

test('a token that NS1 names as bound before is not believed at its first mention', async () => {
  await tokenIssuedTwice(world);
  await world.tome.ns1.tokenize(OTHER, null, CALL);
  // Reserve, then NS1 answers with the token that was asked for, which is CARD's.
  const lying = new PlannedFaults(new Map([[1, 'wrong-echo']]), world.lateEffects);
  const struck = startProcess(
    { ...world, simulator: { ...world.simulator, vaults: naming(await tokenOf(CARD)) } },
    lying.startProcess(),
  );
  const { cardReference } = await struck.tokenizer.create(OTHER, struck.context());
  await expectOwnReferences([[OTHER, cardReference]]);
  expect(await lookup(CARD)).not.toBe(cardReference);
});

const tokenOf = async (card: CardNumber): Promise<InternalToken> =>
  (await world.tome.ns1.lookup(card, CALL)) as InternalToken;

/** Vaults whose wrong answers name this token. */
const naming = (token: InternalToken): World['simulator']['vaults'] => {
  const vault = Object.create(world.simulator.vaults.ns1, { strangersToken: { value: () => token } });
  return { ns1: vault, ns2: vault };
};

test('a token that was paired anew after a restore is answered with the reference that NS2 knows', async () => {
  const {
    tokens: [internal],
  } = await world.tome.ns1.prefetch(1, CALL);
  const {
    tokens: [first, second],
  } = await world.tome.ns2.prefetch(2, CALL);
  const token = internal?.token as InternalToken;
  const standing = first?.token as CardReference;
  await world.tome.ns1.tokenize(CARD, token, CALL);
  await world.tome.ns2.tokenize(token, standing, CALL);
  await world.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${token}, ${second?.token as string})`;
  await world.sql`INSERT INTO staged_pair (pair_id) SELECT id FROM pair`;
  await product.prefetch(1);
  expect(await lookup(CARD)).toBe(standing);
  expect((await detokenize(standing)).equals(CARD)).toBe(true);
  expect(await create(CARD)).toMatchObject({ cardReference: standing, created: false });
});

test('a run that outlived a restore cannot put pairs on offer that have the numbers of its own', async () => {
  await takeBackup(world);
  // The run has mapped its pairs and is about to activate them when the database is set back.
  const outliving = startProcess(
    world,
    after('sql activate_mapped_pairs', async () => {
      await restoreBackup(world);
      await world.sql`
        INSERT INTO job_lease (job, fencing, holder, expires_at) VALUES ('prefetch', 1, 'another run', now() + interval '1 hour')
      `;
      const { tokens: internal } = await world.tome.ns1.prefetch(4, CALL);
      const { tokens: external } = await world.tome.ns2.prefetch(4, CALL);
      for (const [index, { token }] of internal.entries()) {
        await world.sql`
          WITH staged AS (
            INSERT INTO pair (internal_token, card_reference) VALUES (${token}, ${external[index]?.token as string}) RETURNING id
          )
          INSERT INTO staged_pair (pair_id) SELECT id FROM staged
        `;
      }
    }),
  );
  await outliving.prefetch(2).catch(() => undefined);
  expect(await world.sql`SELECT count(*)::int AS count FROM pair WHERE state = 'STAGED'`).toEqual([{ count: 4 }]);
});

test('a relay that outlived a restore cannot close the event of a pair that has the number of another', async () => {
  await product.prefetch(2);
  const { cardReference } = await create(CARD);
  await world.sql`SELECT close_sent_events(ARRAY(SELECT pair_id FROM outbox_event), ARRAY['9000000000000000'])`;
  await product.relay();
  expect(world.events).toMatchObject([{ cardReferenceId: cardReference }]);
});

const store = (): PairStore =>
  createPairStore(world.database, { holdSeconds: 0, retentionSeconds: 3_600, directCreationsPerSecond: 5 });
const claimOf = (keyHash: string, body: string): IdempotencyClaim => ({
  keyHash: Buffer.from(keyHash),
  fingerprint: Buffer.from(body),
});

async function reserved(claim: IdempotencyClaim | null): Promise<Reservation> {
  const outcome = await store().reserve(randomUUID(), claim);
  if (outcome.outcome !== 'reserved') throw new Error(`Expected a reservation, not ${outcome.outcome}.`);
  return outcome.reservation;
}

test('a late request does not answer a key that was used again with another body', async () => {
  await product.prefetch(3);
  const key = randomUUID();
  const late = claimOf(key, 'first body');
  const lateReservation = await reserved(late);
  await world.sql`DELETE FROM idempotency_key`;
  const claim = claimOf(key, 'second body');
  await reserved(claim);
  await store().markUsed(lateReservation, late);
  await store().completeIdempotencyKey(late, { cardReference: lateReservation.cardReference, created: true });
  expect(await store().reserve(randomUUID(), claim)).toMatchObject({ outcome: 'reserved', resumed: true });
});

test('a pair is not given back when its key is gone: another request may have taken the key up', async () => {
  await product.prefetch(1);
  const claim = claimOf(randomUUID(), 'body');
  const reservation = await reserved(claim);
  await world.sql`DELETE FROM idempotency_key`;
  expect(await store().release(reservation, 'not-dispatched', claim)).toBe(false);
});

test('a late owner can use its pair after the settler or the fence took it, and not after a contradiction', async () => {
  await product.prefetch(3);
  const settled = await reserved(null);
  await world.database.run((sql) => settleReservations(sql, -1, 10));
  await store().markUsed(settled, null);
  const fenced = await reserved(null);
  await product.fence();
  await store().markUsed(fenced, null);
  await product.prefetch(1);
  const contradicted = await reserved(null);
  await store().quarantineReservation(contradicted, 'conflict');
  await expect(store().markUsed(contradicted, null)).rejects.toMatchObject({ code: 'reservation-lost' });
});
