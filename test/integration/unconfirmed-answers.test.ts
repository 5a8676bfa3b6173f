import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../lambdas/tokenization/model/internal-token.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { PlannedFaults } from '../faults/harness/planned-faults.ts';
import { startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld, type World } from '../faults/harness/world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld(inject('postgresUrl'), 1);
  await world.reset();
});

afterEach(() => world.close());

const CARD = CardNumber.parse(madeUpCard(1));
const STRANGERS_CARD = CardNumber.parse(madeUpCard(2));
const CALL = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'test' } as const;

test("after an unknown outcome one look-up that names a stranger's token is not believed", async () => {
  const calm = startProcess(world, noFaults);
  await calm.prefetch(3);
  const { cardReference: strangers } = await calm.tokenizer.create(STRANGERS_CARD, calm.context());
  // reserve, then NS1 is silent, then its look-up lies.
  const faults = new PlannedFaults(
    new Map([
      [1, 'timeout-before'],
      [2, 'wrong-echo'],
    ]),
    world.lateEffects,
  );
  const struck = startProcess(world, faults.startProcess(), { lookupsMayBeWrong: true });
  await expect(struck.tokenizer.create(CARD, struck.context())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
  expect(faults.reached.map(({ name }) => name)).toContain('tome ns1 lookup');
  const { cardReference } = await calm.tokenizer.create(CARD, calm.context());
  expect(cardReference).not.toBe(strangers);
});

/** A pair that stands in the database as intended, whose token NS1 has bound to a card. NS2 may know another's token behind the reference. */
async function intendedPair(isBoundElsewhere: boolean): Promise<CardReference> {
  const {
    tokens: [internal, other],
  } = await world.tome.ns1.prefetch(2, CALL);
  const {
    tokens: [reference],
  } = await world.tome.ns2.prefetch(1, CALL);
  const internalToken = internal?.token as InternalToken;
  const cardReference = reference?.token as CardReference;
  await world.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference})`;
  await world.sql`INSERT INTO staged_pair (pair_id) SELECT id FROM pair`;
  await world.tome.ns1.tokenize(CARD, internalToken, CALL);
  if (isBoundElsewhere) await world.tome.ns2.tokenize(other?.token as InternalToken, cardReference, CALL);
  return cardReference;
}

test('a pair that NS2 never confirmed is confirmed by the read that meets it', async () => {
  const cardReference = await intendedPair(false);
  const { tokenizer, context } = startProcess(world, noFaults);
  expect(await tokenizer.lookup(CARD, context())).toBe(cardReference);
  expect((await tokenizer.detokenize(cardReference, context())).reveal()).toBe(CARD.reveal());
  expect(await world.sql`SELECT state FROM pair_life`).toEqual([{ state: 'USED' }]);
});

test('a pair that NS2 contradicts answers no read', async () => {
  const cardReference = await intendedPair(true);
  const { tokenizer, context } = startProcess(world, noFaults);
  await expect(tokenizer.lookup(CARD, context())).rejects.toMatchObject({ code: 'pair-conflict' });
  await expect(tokenizer.detokenize(cardReference, context())).rejects.toMatchObject({ code: 'reference-not-found' });
  expect(world.disclosures).toEqual([]);
});

test('while NS2 is silent a pair that it never confirmed answers no read', async () => {
  const cardReference = await intendedPair(false);
  world.simulator.faults.order({ operation: 'tokenize', kind: 'error-before', rate: 1 });
  world.simulator.faults.order({ operation: 'detokenize', namespace: 'ns2', kind: 'error-before', rate: 1 });
  const { tokenizer, context } = startProcess(world, noFaults);
  await expect(tokenizer.lookup(CARD, context())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
  await expect(tokenizer.detokenize(cardReference, context())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
  expect(world.disclosures).toEqual([]);
});
