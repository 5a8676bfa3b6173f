import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import { findFormatFault } from '../../lambdas/tokenization/model/reference-format.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld, type World } from '../faults/harness/world.ts';
import { newInternalToken } from './fill-pool.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld(inject('postgresUrl'), 1);
  await world.reset();
});

afterEach(() => world.close());

const CARD = CardNumber.parse(madeUpCard(1));

/** Makes pairs available whose references version 1 of the format allowed and version 2 forbids. */
async function makeOldPairsAvailable(references: readonly string[]): Promise<void> {
  const store = createRefillStore(world.database, {
    leaseSeconds: 3_600,
    maxMappingFailures: 3,
    expiryMarginSeconds: 0,
  });
  const lease = await store.acquireLease(randomUUID());
  if (lease === null) throw new Error('Another run holds the lease.');
  await world.sql.begin(async (transaction) => {
    // The trigger pair_form allows only the newest version, and these pairs are older than it.
    await transaction`SET LOCAL session_replication_role = replica`;
    for (const reference of references) {
      await transaction`INSERT INTO pair (internal_token, card_reference) VALUES (${newInternalToken()}, ${reference})`;
    }
    await transaction`INSERT INTO staged_pair (pair_id) SELECT id FROM pair`;
  });
  await store.activate(lease, await store.stagedPairs(100));
  await store.releaseLease(lease);
}

const quarantined = () =>
  world.sql`SELECT reason, count(*)::int AS pairs FROM pair WHERE state = 'QUARANTINED' GROUP BY reason`;

test.each([
  ['without a key', undefined],
  ['with a key', 'key-1'],
])('a creation quarantines a pair of an older format and uses the next one, %s', async (_how, key) => {
  await makeOldPairsAvailable(['8211111111111111', '9860111111111111']);
  const { tokenizer, context, prefetch } = startProcess(world, noFaults);
  await prefetch(4);
  const { cardReference, created } = await tokenizer.create(CARD, context(), key);
  expect(created).toBe(true);
  expect(findFormatFault(cardReference, 'must-fail')).toBeNull();
  expect(await quarantined()).toEqual([{ reason: 'reference-format', pairs: 2 }]);
  expect(await tokenizer.create(CARD, context(), key)).toMatchObject({ cardReference });
  expect(await tokenizer.lookup(CARD, context())).toBe(cardReference);
});

test('a creation takes the direct path after it has quarantined ten pairs of an older format', async () => {
  await makeOldPairsAvailable(Array.from({ length: 12 }, (_, index) => `82${String(index).padStart(14, '0')}`));
  const { tokenizer, context } = startProcess(world, noFaults);
  const { cardReference } = await tokenizer.create(CARD, context());
  expect(findFormatFault(cardReference, 'must-fail')).toBeNull();
  expect(await quarantined()).toEqual([{ reason: 'reference-format', pairs: 10 }]);
});
