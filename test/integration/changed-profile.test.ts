import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { TokenizerEvent } from '../../lambdas/tokenization/tokenizer-dependencies.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { type ProcessUnderTest, startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld, type World } from '../faults/harness/world.ts';
import { plainTome } from '../support/plain-tome.ts';
import { defaultRulesUnder, profileNamed, simulatorProfile } from '../support/tome-profiles.ts';

let world: World;
let events: TokenizerEvent[];

beforeEach(async () => {
  world = await createWorld(inject('postgresUrl'), 1);
  await world.reset();
  events = [];
});

afterEach(() => world.close());

/** The simulator's TOME, described with other internal tokens. */
const withTokens = ({ namespaces, toldApart }: Pick<TomeProfile, 'namespaces' | 'toldApart'>): TomeProfile => ({
  ...simulatorProfile,
  toldApart,
  namespaces: {
    ...simulatorProfile.namespaces,
    ns1: { ...simulatorProfile.namespaces.ns1, token: namespaces.ns1.token },
  },
});

const { ns1, ns2 } = simulatorProfile.namespaces;
const wider = withTokens({
  namespaces: { ns1: { ...ns1, token: { ...ns1.token, shortest: 8 } }, ns2 },
  toldApart: 'by-knowledge',
});

/** Migrates the database to the profile, and starts code that has it. */
async function deploy(profile: TomeProfile): Promise<ProcessUnderTest> {
  const [current] = await world.sql<{ name: string }[]>`SELECT current_database() AS name`;
  const url = inject('postgresUrl').replace(/[^/]+$/, String(current?.name));
  await migrate(url, { grants: [], rules: defaultRulesUnder(profile) });
  const tome = plainTome(world.simulator.url, profile);
  return startProcess({ ...world, profile, tome }, noFaults, { report: (event) => events.push(event) });
}

const card = (serial: number): CardNumber => CardNumber.parse(madeUpCard(serial));

/** A card that another producer had tokenized. */
function boundElsewhere(serial: number): CardReference {
  const [bound] = world.simulator.bindElsewhere({ given: [madeUpCard(serial)], references: 'usual' });
  return bound?.reference as CardReference;
}

/** Binds a card to an available pair as a creation does that ends before it marks the pair. */
async function bindAndStop(serial: number): Promise<CardReference> {
  const [pair] = await world.sql<{ token: string; reference: string }[]>`
    SELECT internal_token AS token, card_reference AS reference FROM pair_life WHERE state = 'AVAILABLE' LIMIT 1
  `;
  const tome = plainTome(world.simulator.url);
  const call = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'x' } as const;
  await tome.ns1.tokenize(card(serial), pair?.token as never, call);
  return pair?.reference as CardReference;
}

async function expectUsable(
  { tokenizer, context }: ProcessUnderTest,
  references: ReadonlyMap<number, CardReference>,
): Promise<void> {
  for (const [serial, cardReference] of references) {
    const known = { cardReference, created: false };
    expect(await tokenizer.lookup(card(serial), context())).toBe(cardReference);
    expect(await tokenizer.create(card(serial), context())).toEqual(known);
    expect(await tokenizer.lookupOrTokenize(card(serial), context())).toEqual(known);
    expect((await tokenizer.detokenize(cardReference, context())).equals(card(serial))).toBe(true);
  }
}

/** No other card may get a pair whose token NS1 has bound. */
async function expectNoBoundPairInPool(): Promise<void> {
  const bound = new Set(world.simulator.vaults.ns1.bindings().map(([, token]) => token));
  const available = await world.sql<{ token: string }[]>`
    SELECT internal_token AS token FROM pair_life WHERE state = 'AVAILABLE'
  `;
  expect(available.filter(({ token }) => bound.has(token))).toEqual([]);
}

const isStored = async (reference: CardReference | undefined): Promise<boolean> =>
  (await world.sql`SELECT FROM pair WHERE card_reference = ${reference ?? ''}`).length > 0;

test.each<[string, TomeProfile, boolean]>([
  ['allows more internal tokens', wider, true],
  ['allows tokens of 16 digits only, told apart by form', withTokens(profileNamed('uat')), false],
  ['allows tokens of 16 digits only, told apart by knowledge', withTokens(profileNamed('sixteen-digits')), false],
])(
  'after a profile that %s was deployed, and after the change back, cards and pairs of the first profile stay usable',
  async (_what, changed, mayStoreEarlierForm) => {
    const first = await deploy(simulatorProfile);
    await first.prefetch(6);
    const references = new Map<number, CardReference>();
    const create = async ({ tokenizer, context }: ProcessUnderTest, serial: number): Promise<void> => {
      world.simulator.ledger.reset();
      const { cardReference, created } = await tokenizer.create(card(serial), context());
      expect(created).toBe(true);
      expect(world.simulator.ledger.calls()).toMatchObject([{ namespace: 'ns1', operation: 'tokenize' }]);
      references.set(serial, cardReference);
    };
    await create(first, 1);
    references.set(2, boundElsewhere(2));
    await expectUsable(first, references);
    references.set(3, boundElsewhere(3));
    references.set(4, await bindAndStop(4));

    const second = await deploy(changed);
    await expectUsable(second, references);
    await create(second, 5);
    await create(second, 6);
    await expectUsable(second, references);
    await expectNoBoundPairInPool();
    expect(await isStored(references.get(3))).toBe(mayStoreEarlierForm);
    expect(events.includes('repair-postponed')).toBe(!mayStoreEarlierForm);

    const third = await deploy(simulatorProfile);
    await expectUsable(third, references);
    await create(third, 7);
    await expectNoBoundPairInPool();
    expect(await isStored(references.get(3))).toBe(true);
    expect(await world.sql`SELECT internal_token FROM pair WHERE state = 'QUARANTINED'`).toEqual([]);
  },
);

test('with an empty pool, a card with a token of the earlier form keeps its reference and needs no stored pair', async () => {
  const reference = boundElsewhere(1);
  const { tokenizer, context } = await deploy(withTokens(profileNamed('sixteen-digits')));
  expect(await tokenizer.create(card(1), context(), 'a-key')).toEqual({ cardReference: reference, created: false });
  expect(await tokenizer.create(card(1), context(), 'a-key')).toMatchObject({ cardReference: reference });
  expect((await tokenizer.detokenize(reference, context())).equals(card(1))).toBe(true);
  expect(await isStored(reference)).toBe(false);
});

test('a token of another form that NS2 does not know is refused, and NS2 binds nothing to it', async () => {
  world.simulator.bindElsewhere({ given: [madeUpCard(1)] });
  const { tokenizer, context } = await deploy(withTokens(profileNamed('sixteen-digits')));
  const lasting = { code: 'internal-token-unacceptable', retryable: false };
  await expect(tokenizer.lookup(card(1), context())).rejects.toMatchObject(lasting);
  await expect(tokenizer.create(card(1), context())).rejects.toMatchObject(lasting);
  expect(world.simulator.vaults.ns2.bindings()).toEqual([]);
});
