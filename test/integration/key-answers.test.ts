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

/** Checks that each card and its reference resolve to each other. */
async function expectOwnReferences(references: readonly (readonly [CardNumber, CardReference])[]): Promise<void> {
  for (const [card, reference] of references) {
    expect((await detokenize(reference)).equals(card)).toBe(true);
    expect(await lookup(card)).toBe(reference);
  }
}

test('a retry of a key gets another reference when a read adopted its pair for another card', async () => {
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
])('a retry of a key from a backup gets the reference of its own card after a restore %s', async (_, isFenced) => {
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

/** An interceptor that runs `act` before the step of this name. */
const before = (name: string, act: () => Promise<unknown>): Interceptor => ({
  async around(point, step) {
    if (point.name === name) await act();
    return step();
  },
});

test('a creation whose pair a read adopted meanwhile returns the reference of the token that NS1 names', async () => {
  await product.prefetch(2);
  const racing = startProcess(
    world,
    before('sql mark_used_for_key', () => lookup(CARD)),
  );
  const created = await racing.tokenizer.create(CARD, racing.context(), 'key');
  expect(created.cardReference).toBe(await lookup(CARD));
  expect(await create(CARD, 'key')).toMatchObject({ cardReference: created.cardReference, created: created.created });
});

test('an adopted pair keeps no reservation id', async () => {
  await product.prefetch(2);
  const racing = startProcess(
    world,
    before('sql mark_used', () => lookup(CARD)),
  );
  await racing.tokenizer.create(CARD, racing.context());
  expect(
    await world.sql`SELECT reservation_id AS id, adopted_at IS NOT NULL AS adopted FROM pair WHERE state = 'USED'`,
  ).toEqual([{ id: null, adopted: true }]);
});

test('a lookup that receives the token of another card adopts no pair', async () => {
  // NS1 has bound the token of the only pair to CARD.
  await tokenIssuedTwice(world);
  await world.tome.ns1.tokenize(OTHER, null, CALL);
  const wrongAnswers = new PlannedFaults(new Map([[0, 'wrong-echo']]), world.lateEffects);
  const faulty = startProcess(
    { ...world, simulator: { ...world.simulator, vaults: naming(await tokenOf(CARD)) } },
    wrongAnswers.startProcess(),
    { lookupsMayBeWrong: true },
  );
  await expect(faulty.tokenizer.lookup(OTHER, faulty.context())).rejects.toMatchObject({ code: 'tome-answer-invalid' });
  expect(await world.sql`SELECT state FROM pair_life`).toEqual([{ state: 'AVAILABLE' }]);
});

test('a creation does not believe a single answer that its own token was bound before', async () => {
  await tokenIssuedTwice(world);
  await world.tome.ns1.tokenize(OTHER, null, CALL);
  // Point 0 reserves. At point 1 NS1 answers with the requested token, which is bound to CARD.
  const wrongAnswers = new PlannedFaults(new Map([[1, 'wrong-echo']]), world.lateEffects);
  const faulty = startProcess(
    { ...world, simulator: { ...world.simulator, vaults: naming(await tokenOf(CARD)) } },
    wrongAnswers.startProcess(),
  );
  const { cardReference } = await faulty.tokenizer.create(OTHER, faulty.context());
  await expectOwnReferences([[OTHER, cardReference]]);
  expect(await lookup(CARD)).not.toBe(cardReference);
});

const tokenOf = async (card: CardNumber): Promise<InternalToken> =>
  (await world.tome.ns1.lookup(card, CALL)) as InternalToken;

/** The simulator's vaults, whose wrong answers name this token. */
const naming = (token: InternalToken): World['simulator']['vaults'] => {
  const vault = Object.create(world.simulator.vaults.ns1, { strangersToken: { value: () => token } });
  return { ns1: vault, ns2: vault };
};

test('reads and creations return the reference of NS2 when a restored database has paired the token again', async () => {
  const {
    tokens: [internal],
  } = await world.tome.ns1.prefetch(1, CALL);
  const {
    tokens: [first, second],
  } = await world.tome.ns2.prefetch(2, CALL);
  const token = internal?.token as InternalToken;
  const bound = first?.token as CardReference;
  await world.tome.ns1.tokenize(CARD, token, CALL);
  await world.tome.ns2.tokenize(token, bound, CALL);
  await world.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${token}, ${second?.token as string})`;
  await world.sql`INSERT INTO staged_pair (pair_id) SELECT id FROM pair`;
  await product.prefetch(1);
  expect(await lookup(CARD)).toBe(bound);
  expect((await detokenize(bound)).equals(CARD)).toBe(true);
  expect(await create(CARD)).toMatchObject({ cardReference: bound, created: false });
});

test('a prefetch run that continues after a restore cannot activate other pairs that have its numbers', async () => {
  await takeBackup(world);
  // The run has bound its pairs. The database is restored before it activates them.
  const continuing = startProcess(
    world,
    before('sql activate_mapped_pairs', async () => {
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
  await continuing.prefetch(2).catch(() => undefined);
  expect(await world.sql`SELECT count(*)::int AS count FROM pair WHERE state = 'STAGED'`).toEqual([{ count: 4 }]);
});

test('a relay that continues after a restore cannot close the event of another pair that has its number', async () => {
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

test('a late request does not write the answer of a key that was reused with another body', async () => {
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

test('a pair is not released when its key is gone, because another request may have taken over the key', async () => {
  await product.prefetch(1);
  const claim = claimOf(randomUUID(), 'body');
  const reservation = await reserved(claim);
  await world.sql`DELETE FROM idempotency_key`;
  expect(await store().release(reservation, 'not-dispatched', claim)).toBe(false);
});

test('a late owner can use its pair after the settler or the fence quarantined it, and not after a contradiction', async () => {
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
