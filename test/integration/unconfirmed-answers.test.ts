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
const OTHER_CARD = CardNumber.parse(madeUpCard(2));
const CALL = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'test' } as const;

test('after an unknown outcome a creation does not believe a single lookup that names the token of another card', async () => {
  const healthy = startProcess(world, noFaults);
  await healthy.prefetch(3);
  const { cardReference: otherReference } = await healthy.tokenizer.create(OTHER_CARD, healthy.context());
  // Point 0 reserves. At point 1 NS1 does not answer, and at point 2 its lookup is wrong.
  const faults = new PlannedFaults(
    new Map([
      [1, 'timeout-before'],
      [2, 'wrong-echo'],
    ]),
    world.lateEffects,
  );
  const faulty = startProcess(world, faults.startProcess(), { lookupsMayBeWrong: true });
  await expect(faulty.tokenizer.create(CARD, faulty.context())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
  expect(faults.reached.map(({ name }) => name)).toContain('tome ns1 lookup');
  const { cardReference } = await healthy.tokenizer.create(CARD, healthy.context());
  expect(cardReference).not.toBe(otherReference);
});

/**
 * Stores a STAGED pair whose token NS1 has bound to CARD. With `isBoundElsewhere` NS2 has bound the
 * reference to another token.
 */
async function plannedPair(isBoundElsewhere: boolean): Promise<CardReference> {
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

test('a lookup binds a stored pair that NS2 never confirmed, and marks it as used', async () => {
  const cardReference = await plannedPair(false);
  const { tokenizer, context } = startProcess(world, noFaults);
  expect(await tokenizer.lookup(CARD, context())).toBe(cardReference);
  expect((await tokenizer.detokenize(cardReference, context())).reveal()).toBe(CARD.reveal());
  expect(await world.sql`SELECT state FROM pair_life`).toEqual([{ state: 'USED' }]);
});

test('no read returns a stored pair that NS2 contradicts', async () => {
  const cardReference = await plannedPair(true);
  const { tokenizer, context } = startProcess(world, noFaults);
  await expect(tokenizer.lookup(CARD, context())).rejects.toMatchObject({ code: 'pair-conflict' });
  await expect(tokenizer.detokenize(cardReference, context())).rejects.toMatchObject({ code: 'reference-not-found' });
  expect(world.disclosures).toEqual([]);
});

test('while NS2 does not answer, no read returns a pair that it never confirmed', async () => {
  const cardReference = await plannedPair(false);
  world.simulator.faults.order({ operation: 'tokenize', kind: 'error-before', rate: 1 });
  world.simulator.faults.order({ operation: 'detokenize', namespace: 'ns2', kind: 'error-before', rate: 1 });
  const { tokenizer, context } = startProcess(world, noFaults);
  await expect(tokenizer.lookup(CARD, context())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
  await expect(tokenizer.detokenize(cardReference, context())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
  expect(world.disclosures).toEqual([]);
});
