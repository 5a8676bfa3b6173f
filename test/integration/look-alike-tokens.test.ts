import { randomInt, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../lambdas/tokenization/model/internal-token.ts';
import { passesLuhn } from '../../lambdas/tokenization/model/luhn.ts';
import type { TokenPair } from '../../lambdas/tokenization/model/pair.ts';
import type { PairStore } from '../../lambdas/tokenization/ports/pair-store.ts';
import type { Lease, PrefetchedTokens, RejectedToken } from '../../lambdas/tokenization/ports/refill-store.ts';
import { PlanWatcher } from '../../scripts/performance/bench/nested-plans.ts';
import { rulesOf } from '../support/tome-profiles.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** The profile whose internal tokens, references and card numbers all have 16 digits. */
const PROFILE = 'sixteen-digits';
const CHECK_VIOLATION = { code: '23514', constraint_name: 'pair_form' };

let db: TestDatabase;
let store: PairStore;
let lease: Lease;

beforeEach(async () => {
  db = await createTestDatabase();
  await migrate(db.url, { grants: ROLE_GRANTS, rules: rulesOf(PROFILE) });
  store = createPairStore(db.database, { holdSeconds: 10, retentionSeconds: 60, directCreationsPerSecond: 5 });
  const held = await refill().acquireLease(randomUUID());
  if (held === null) throw new Error('Another run holds the lease.');
  lease = held;
});

afterEach(() => db.drop());

const refill = () =>
  createRefillStore(db.database, { leaseSeconds: 600, maxMappingFailures: 3, expiryMarginSeconds: 0 });

/** 16 digits that fail the Luhn check and start with these. */
function sixteenDigits(start: string): string {
  for (;;) {
    const text = start + Array.from({ length: 16 - start.length }, () => randomInt(10)).join('');
    if (!passesLuhn(text)) return text;
  }
}
const token = (): InternalToken => sixteenDigits('4') as InternalToken;
const reference = (): CardReference => sixteenDigits('92') as CardReference;
/** A text that has the form of an internal token and that of a reference. */
const both = (): InternalToken & CardReference => sixteenDigits('92') as InternalToken & CardReference;
const pair = (): TokenPair => ({ internalToken: token(), cardReference: reference() });

const unassigned = <Token>(tokens: readonly Token[]) => tokens.map((text) => ({ token: text, expiresAt: null }));

async function stage(
  internalTokens: readonly InternalToken[],
  references: readonly CardReference[],
  rejected: readonly RejectedToken[] = [],
) {
  const announcements = await Promise.all(
    (['ns1', 'ns2'] as const).map((namespace) => refill().announcePrefetch(lease, { namespace, count: 10 })),
  );
  const tokens: PrefetchedTokens = {
    internalTokens: unassigned(internalTokens),
    references: unassigned(references),
    rejected,
  };
  const first = await refill().stage(lease, announcements, tokens);
  // A second execution after a lost commit.
  expect(await refill().stage(lease, announcements, tokens)).toMatchObject({ staged: 0 });
  return first;
}

const pairs = async (): Promise<readonly (readonly [string, string])[]> =>
  (
    await db.sql<{ internalToken: string; cardReference: string }[]>`
      SELECT internal_token AS "internalToken", card_reference AS "cardReference" FROM pair ORDER BY id
    `
  ).map(({ internalToken, cardReference }) => [internalToken, cardReference]);
const unpaired = () => db.sql`SELECT namespace, token, rejected_because AS because FROM unpaired_token ORDER BY 1, 2`;
const forgotten = () => db.sql`SELECT namespace, reason, tokens::int FROM forgotten_token ORDER BY 1`;

describe('a prefetch run', () => {
  test('stages internal tokens that look like card numbers, and keeps a rejected one, because it is a token', async () => {
    const expired = '4111111111111111';
    const { staged } = await stage(
      [token(), token()],
      [reference(), reference()],
      [{ namespace: 'ns1', kept: expired, fault: 'expiry-format' }],
    );
    expect(staged).toBe(2);
    expect(await unpaired()).toEqual([{ namespace: 'ns1', token: expired, because: 'expiry-format' }]);
    expect(await forgotten()).toEqual([]);
  });

  test('only counts a rejected reference that looks like a card number, and keeps one that cannot be one', async () => {
    const odd = sixteenDigits('45');
    const { rejected } = await stage(
      [token()],
      ['4111111111111111' as CardReference, odd as CardReference, reference()],
    );
    expect(rejected).toBe(2);
    expect(await unpaired()).toEqual([{ namespace: 'ns2', token: odd, because: 'card-network-prefix' }]);
    expect(await forgotten()).toEqual([{ namespace: 'ns2', reason: 'rejected', tokens: 1 }]);
  });

  test('only counts a text that another profile took for an internal token, when it looks like a card number', async () => {
    const card = '0000000000000000' as InternalToken;
    await stage([card, sixteenDigits('01') as InternalToken, token()], [reference()]);
    expect((await unpaired()).map(({ because }) => because)).toEqual(['other-form']);
    expect(await forgotten()).toEqual([{ namespace: 'ns1', reason: 'rejected', tokens: 1 }]);
  });

  test('sets a reference aside that is the internal token of a pair, and stages the others', async () => {
    const used = pair();
    await store.insertBound({ ...used, internalToken: both() }, 'direct');
    const [[internalToken] = ['']] = await pairs();
    const { staged, rejected } = await stage([token(), token()], [internalToken as CardReference, reference()]);
    expect([staged, rejected]).toEqual([1, 1]);
    expect(await forgotten()).toEqual([{ namespace: 'ns2', reason: 'rejected', tokens: 1 }]);
  });

  test('sets an internal token aside that is the reference of a pair, and stages the others', async () => {
    const used = pair();
    await store.insertBound(used, 'direct');
    const { staged, rejected } = await stage(
      [used.cardReference as string as InternalToken, token()],
      [reference(), reference()],
    );
    expect([staged, rejected]).toEqual([1, 1]);
    expect(await forgotten()).toEqual([{ namespace: 'ns1', reason: 'rejected', tokens: 1 }]);
  });

  test('sets a text aside that both namespaces issue, and stages the other tokens', async () => {
    const text = both();
    const { staged, rejected } = await stage([text, token()], [text, reference()]);
    expect([staged, rejected]).toEqual([1, 2]);
    expect((await pairs()).flat()).not.toContain(text);
    expect(await unpaired()).toEqual([]);
    expect((await forgotten()).map(({ tokens }) => tokens)).toEqual([1, 1]);
  });

  test('sets a reference aside that is a spare internal token of an earlier run, and this token too', async () => {
    const text = both();
    await stage([token(), text], [reference()]);
    expect(await unpaired()).toEqual([{ namespace: 'ns1', token: text, because: null }]);
    const { staged, rejected } = await stage([token()], [text, reference()]);
    expect([staged, rejected]).toEqual([1, 2]);
    expect((await pairs()).flat()).not.toContain(text);
  });

  test('takes a reference that NS1 has answered in no form of an internal token', async () => {
    const text = reference();
    const { staged } = await stage([token()], [text], [{ namespace: 'ns1', kept: text, fault: 'token-format' }]);
    expect(staged).toBe(1);
  });
});

describe('a pair that was bound outside the pool', () => {
  test('is stored with any reference of 16 digits, also one that starts like a card number', async () => {
    const bound = { internalToken: token(), cardReference: '4111111111111111' as CardReference };
    await store.insertBound(bound, 'direct');
    expect(await store.findByReference(bound.cardReference)).toMatchObject({ ...bound, state: 'USED', mapped: true });
  });

  test('is refused when both halves are equal', async () => {
    const text = both();
    await expect(store.insertBound({ internalToken: text, cardReference: text }, 'direct')).rejects.toMatchObject({
      code: 'reference-unacceptable',
      retryable: false,
    });
  });

  test('is refused when its reference is an internal token, of a pair or without one', async () => {
    const [paired, spare, rejected] = [both(), both(), both()];
    await store.insertBound({ internalToken: paired, cardReference: reference() }, 'repair');
    await stage([spare], [], [{ namespace: 'ns1', kept: rejected, fault: 'expired' }]);
    for (const cardReference of [paired, spare, rejected]) {
      await expect(store.insertBound({ internalToken: token(), cardReference }, 'repair')).rejects.toMatchObject({
        code: 'reference-unacceptable',
        retryable: false,
      });
    }
    expect(await pairs()).toHaveLength(1);
  });

  test('is not stored when its internal token is the reference of another pair', async () => {
    const text = both();
    await store.insertBound({ internalToken: token(), cardReference: text }, 'direct');
    expect(await store.insertBound({ internalToken: text, cardReference: reference() }, 'direct')).toBe(false);
    expect(await pairs()).toHaveLength(1);
  });
});

describe('a search by reference', () => {
  const refused = { code: 'invalid-input', field: 'cardReferenceId' };

  test('refuses an internal token, of a pair, spare or rejected', async () => {
    const [paired, spare, rejected] = [both(), both(), both()];
    await store.insertBound({ internalToken: paired, cardReference: reference() }, 'direct');
    await stage([spare], [], [{ namespace: 'ns1', kept: rejected, fault: 'expired' }]);
    for (const text of [paired, spare, rejected]) {
      await expect(store.findByReference(text)).rejects.toMatchObject(refused);
    }
  });

  test('finds nothing for a text that is no internal token', async () => {
    const [answered, spareReference] = [both(), both()];
    await stage([], [spareReference], [{ namespace: 'ns1', kept: answered, fault: 'token-format' }]);
    for (const text of [reference(), answered, spareReference]) expect(await store.findByReference(text)).toBeNull();
  });
});

describe('the owner of the table', () => {
  const insert = (internalToken: string, cardReference: string, state: 'STAGED' | 'USED') =>
    state === 'STAGED'
      ? db.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference})`
      : db.sql`
          INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
          VALUES (${internalToken}, ${cardReference}, 'USED', 'direct', now())
        `;

  test.each(['STAGED', 'USED'] as const)(
    'cannot insert a %s pair with one text in both columns of pair',
    async (state) => {
      const stored = { internalToken: both(), cardReference: both() };
      await insert(stored.internalToken, stored.cardReference, state);
      const text = both();
      await expect(insert(text, text, state)).rejects.toMatchObject({ code: '23514' });
      await expect(insert(token(), stored.internalToken, state)).rejects.toMatchObject(CHECK_VIOLATION);
      await expect(insert(stored.cardReference, reference(), state)).rejects.toMatchObject(CHECK_VIOLATION);
      await expect(
        db.sql`
        INSERT INTO pair (internal_token, card_reference)
        VALUES (${token()}, ${text}), (${text}, ${reference()})
      `,
      ).rejects.toMatchObject(CHECK_VIOLATION);
    },
  );

  test('cannot insert a pair with a token of another form, or a STAGED one with a reference like a card number', async () => {
    await expect(insert(sixteenDigits('0'), reference(), 'USED')).rejects.toMatchObject(CHECK_VIOLATION);
    await expect(insert('a_token_of_another_profile', reference(), 'STAGED')).rejects.toMatchObject(CHECK_VIOLATION);
    await expect(insert(token(), '4111111111111111', 'STAGED')).rejects.toMatchObject(CHECK_VIOLATION);
    await insert(token(), '4111111111111111', 'USED');
  });
});

describe('with 20,000 pairs and as many rejected tokens', () => {
  /** Rows that a node of a plan may read: one for each token, in a few statements. */
  const MOST_ROWS = 50;
  const TOKENS = 5;
  let watcher: PlanWatcher;

  beforeEach(async () => {
    await db.sql.unsafe(`
      SET session_replication_role = replica;
      INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
        SELECT '41' || lpad(g::text, 14, '0'), '91' || lpad(g::text, 14, '0'), 'USED', 'direct', now()
        FROM generate_series(1, 20000) g;
      INSERT INTO unpaired_token (namespace, token, rejected_because)
        SELECT 'ns1', '42' || lpad(g::text, 14, '0'), 'expired' FROM generate_series(1, 20000) g;
      SET session_replication_role = origin;
    `);
    watcher = new PlanWatcher(db.url);
    await watcher.open();
  });

  afterEach(() => watcher.close());

  const list = (make: () => string) => `ARRAY['${Array.from({ length: TOKENS }, make).join("', '")}']`;
  const noExpiry = `array_fill(NULL::timestamptz, ARRAY[${TOKENS}])`;
  const STATEMENTS = {
    find_by_reference: () => `SELECT count(*)::int AS found FROM find_by_reference('${reference()}')`,
    'find_by_reference of a rejected token': () =>
      "SELECT count(*)::int AS found FROM find_by_reference('4200000000000009')",
    record_bound_pair: () => `SELECT record_bound_pair('${token()}', '${reference()}', 'direct')::int AS found`,
    stage_tokens: () => `
      SELECT staged AS found FROM stage_tokens(${lease.fencing}, '{}', ${list(token)}, ${noExpiry}, ${list(reference)}, ${noExpiry},
        ARRAY['ns1', 'ns2'], ARRAY['${token()}', '${reference()}'], ARRAY['expired', 'expired'], 0)
    `,
  };

  test.each(Object.entries(STATEMENTS))('%s reads only its own rows, by indexes', async (name, statement) => {
    const found = { find_by_reference: 0, stage_tokens: TOKENS }[name] ?? 1;
    for (const analyzed of [false, true]) {
      if (analyzed) await db.sql.unsafe('ANALYZE');
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        await watcher.sql.unsafe(`SET plan_cache_mode = ${mode}`);
        const execution = await watcher.execute(statement());
        expect(execution.found).toBe(found);
        const ofTables = execution.nodes.filter(({ relation }) => ['pair', 'unpaired_token'].includes(relation ?? ''));
        expect(ofTables.length).toBeGreaterThan(0);
        expect(ofTables.filter(({ type }) => type === 'Seq Scan')).toEqual([]);
        expect(execution.nodes.filter(({ rows }) => rows > MOST_ROWS)).toEqual([]);
      }
    }
  });
});
