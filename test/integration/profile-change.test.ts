import { randomInt, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import type { InternalToken } from '../../lambdas/tokenization/model/internal-token.ts';
import { passesLuhn } from '../../lambdas/tokenization/model/luhn.ts';
import type { TokenPair } from '../../lambdas/tokenization/model/pair.ts';
import type { PairStore, Reservation } from '../../lambdas/tokenization/ports/pair-store.ts';
import { rulesOf } from '../support/tome-profiles.ts';
import { fillPool, newInternalToken, newPair, newReference } from './fill-pool.ts';
import { copyPreviousRelease, type ReleaseCopy } from './release-copy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
let store: PairStore;
let previous: ReleaseCopy;

beforeEach(async () => {
  db = await createTestDatabase('empty');
  previous = await copyPreviousRelease();
  await migrate(db.url, { directory: previous.directory, grants: ROLE_GRANTS });
  store = createPairStore(db.database, { holdSeconds: 10, retentionSeconds: 60, directCreationsPerSecond: 5 });
});

afterEach(async () => {
  await previous.discard();
  await db.drop();
});

const migrateTo = (profile: string) => migrate(db.url, { grants: ROLE_GRANTS, rules: rulesOf(profile) });
const rollBack = () => migrate(db.url, { directory: previous.directory, grants: ROLE_GRANTS });
const refill = () =>
  createRefillStore(db.database, { leaseSeconds: 600, maxMappingFailures: 3, expiryMarginSeconds: 0 });

/** An internal token of 16 digits as uat and sixteen-digits have it. It starts with 9. */
function sixteenDigitToken(): InternalToken {
  for (;;) {
    const text = `9${Array.from({ length: 15 }, () => randomInt(10)).join('')}`;
    if (!passesLuhn(text)) return text as InternalToken;
  }
}

/** A reference that starts with 8, which all profiles allow. */
const reference8 = () => newReference().replace(/^9\d{3}/, '8300') as TokenPair['cardReference'];
const FORMS = {
  simulator: () => ({ internalToken: newInternalToken(), cardReference: reference8() }),
  'sixteen-digits': () => ({ internalToken: sixteenDigitToken(), cardReference: reference8() }),
  uat: () => ({ internalToken: sixteenDigitToken(), cardReference: reference8() }),
} as const satisfies Record<string, () => TokenPair>;
type Profile = keyof typeof FORMS;
const otherForm = (profile: Profile): (() => TokenPair) => FORMS[profile === 'simulator' ? 'uat' : 'simulator'];

async function withLease<Result>(
  work: (store: ReturnType<typeof refill>, lease: { readonly fencing: bigint }) => Promise<Result>,
): Promise<Result> {
  const lease = await refill().acquireLease(randomUUID());
  if (lease === null) throw new Error('Another run holds the lease.');
  const result = await work(refill(), lease);
  await refill().releaseLease(lease);
  return result;
}

const stage = (pairs: readonly TokenPair[], spare: readonly InternalToken[] = []) =>
  withLease((refills, lease) =>
    refills.stage(lease, [], {
      internalTokens: [...pairs.map(({ internalToken }) => internalToken), ...spare].map((token) => ({
        token,
        expiresAt: null,
      })),
      references: pairs.map(({ cardReference }) => ({ token: cardReference, expiresAt: null })),
      rejected: [],
    }),
  );
const activateStaged = () =>
  withLease(async (refills, lease) => refills.activate(lease, await refills.stagedPairs(1_000)));

async function reserve(): Promise<Reservation> {
  const outcome = await store.reserve(randomUUID(), null);
  if (outcome.outcome !== 'reserved') throw new Error(`Expected a reservation, not ${outcome.outcome}.`);
  return outcome.reservation;
}

/** One pair in each state, of the profile's form. */
async function fillStates(profile: Profile) {
  const pairs = Array.from({ length: 4 }, FORMS[profile]);
  await stage(pairs);
  await activateStaged();
  const used = await reserve();
  await store.markUsed(used, null);
  const reserved = await reserve();
  const staged = FORMS[profile]();
  const spare = FORMS[profile]().internalToken;
  await stage([staged], [spare]);
  const bound = FORMS[profile]();
  await store.insertBound(bound, 'direct');
  return { used, reserved, staged, bound, spare };
}

/** Uses the pairs of `fillStates` as code of a later profile meets them. */
async function useAll({ used, reserved, staged, bound }: Awaited<ReturnType<typeof fillStates>>): Promise<void> {
  for (const { internalToken, cardReference } of [used, bound]) {
    const pair = { internalToken, cardReference, state: 'USED', mapped: true };
    expect(await store.findByReference(cardReference)).toEqual(pair);
    expect(await store.findByInternalToken(internalToken)).toEqual(pair);
    await store.insertBound({ internalToken, cardReference }, 'repair');
  }
  await store.markUsed(reserved, null);
  expect(await activateStaged()).toBe(1);
  await store.adopt(staged);
  expect(await store.findByReference(staged.cardReference)).toMatchObject({ state: 'USED' });
  await store.markUsed(await reserve(), null);
}

const storedBecause = async (token: string): Promise<string | null | undefined> => {
  const [row] = await db.sql<{ because: string | null }[]>`
    SELECT rejected_because AS because FROM unpaired_token WHERE token = ${token}
  `;
  return row?.because;
};

describe('a database of the previous release', () => {
  test.each(['simulator', 'uat', 'sixteen-digits'] as const)(
    'keeps its pairs usable and takes new ones of the profile %s',
    async (profile) => {
      const earlier = await fillStates('simulator');
      expect(await migrateTo(profile)).toMatchObject({
        applied: ['006.do.pair-form-by-profile.sql'],
        functionsInstalled: true,
        strayFunctions: [],
      });
      await useAll(earlier);
      expect(await stage([FORMS[profile](), FORMS[profile]()])).toMatchObject({ staged: 2 });
      await store.insertBound(FORMS[profile](), 'direct');
    },
  );

  test('is updated, rolled back and updated again under the load of its own code, without an error', async () => {
    await fillPool(db.database, 200);
    let isOver = false;
    let rounds = 0;
    const load = Array.from({ length: 3 }, async () => {
      while (!isOver) {
        await store.markUsed(await reserve(), null);
        const bound = newPair();
        await store.insertBound(bound, 'direct');
        expect(await store.findByReference(bound.cardReference)).toMatchObject({ state: 'USED' });
        rounds += 1;
      }
    });
    const fill = (async () => {
      while (!isOver) await fillPool(db.database, 50);
    })();
    for (let time = 0; time < 2; time += 1) {
      await migrateTo('simulator');
      const { strayFunctions, functionsDropped } = await rollBack();
      // The trigger of this release uses them, so a rollback keeps them.
      expect([...functionsDropped, ...strayFunctions]).toEqual(
        expect.arrayContaining([
          'is_internal_token(text)',
          'is_stored_internal_token(text)',
          'is_stored_reference(text)',
        ]),
      );
      expect(functionsDropped).not.toContain('is_internal_token(text)');
      await rollBack();
    }
    expect(await migrateTo('simulator')).toMatchObject({ strayFunctions: [] });
    isOver = true;
    await Promise.all([...load, fill]);
    expect(rounds).toBeGreaterThan(0);
  });
});

describe.each<[Profile, Profile]>([
  ['simulator', 'uat'],
  ['uat', 'simulator'],
  ['simulator', 'sixteen-digits'],
  ['sixteen-digits', 'simulator'],
])('after a change of the profile from %s to %s', (before, after) => {
  test('pairs of the earlier form stay usable in every state, and again after the change back', async () => {
    await migrateTo(before);
    const first = await fillStates(before);
    expect(await migrateTo(after)).toMatchObject({ applied: [], functionsInstalled: true });
    await useAll(first);
    const second = await fillStates(after);
    expect(await migrateTo(before)).toMatchObject({ applied: [], functionsInstalled: true });
    await useAll(second);
    expect(await stage([FORMS[before]()])).toMatchObject({ staged: 1 });
  });

  test('a new pair must have the new form', async () => {
    await migrateTo(before);
    await migrateTo(after);
    const wrong = otherForm(after)();
    expect(await store.insertBound(wrong, 'direct')).toBe(false);
    await expect(
      db.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${wrong.internalToken}, ${wrong.cardReference})`,
    ).rejects.toMatchObject({ code: '23514', constraint_name: 'pair_form' });
    const good = FORMS[after]();
    expect(await stage([wrong, good])).toMatchObject({ staged: 1, rejected: 1 });
    expect(await store.findByInternalToken(good.internalToken)).not.toBeNull();
  });

  test('a spare token of the earlier form is set aside, is still an internal token, and stops no other', async () => {
    await migrateTo(before);
    const { internalToken: spare } = FORMS[before]();
    await stage([], [spare]);
    await migrateTo(after);
    const good = [FORMS[after](), FORMS[after]()];
    expect(await stage(good)).toMatchObject({ staged: 2, rejected: 1 });
    expect(await storedBecause(spare)).toBe('other-form');
    const [found] = await db.sql`SELECT is_internal_token FROM find_by_reference(${spare})`;
    expect(found).toEqual({ is_internal_token: true });
  });
});

test('a spare reference that the new profile forbids is set aside, and one that looks like a card number is counted', async () => {
  await migrateTo('simulator');
  // The second one passes the Luhn check.
  const [odd, cardLike] = ['9100000000000001', '9100000000000018'] as const;
  await withLease((refills, lease) =>
    refills.stage(lease, [], {
      internalTokens: [],
      references: [odd, cardLike].map((token) => ({ token: token as TokenPair['cardReference'], expiresAt: null })),
      rejected: [],
    }),
  );
  await migrateTo('uat');
  expect(await stage([FORMS.uat()])).toMatchObject({ staged: 1, rejected: 2 });
  expect(await storedBecause(odd)).toBe('card-network-prefix');
  expect(await storedBecause(cardLike)).toBeUndefined();
  expect(await db.sql`SELECT namespace, reason, tokens::int FROM forgotten_token`).toEqual([
    { namespace: 'ns2', reason: 'rejected', tokens: 1 },
  ]);
});
