import { afterEach, expect, test } from 'vitest';
import { createDirectTokenizer } from '../../../lambdas/tokenization/direct-tokenizer.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { findReferenceFault } from '../../../lambdas/tokenization/model/reference-rules.ts';
import type { Tokenizer } from '../../../lambdas/tokenization/tokenizer.ts';
import type { ReferenceDependencies, TokenizerEvent } from '../../../lambdas/tokenization/tokenizer-dependencies.ts';
import { type TomeProfile, tokenFormsOf } from '../../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { requestContext } from '../../support/request-context.ts';
import { defaultRules, profileNamed, simulatorProfile } from '../../support/tome-profiles.ts';

/** Creations of each test. DIRECT_CREATIONS=10000 runs as many as the requirement names. */
const CREATIONS = Number(process.env['DIRECT_CREATIONS'] ?? 1_000);
/** Creations that are under way at once. */
const AT_ONCE = 50;

/** Its internal tokens look like card numbers and like references. */
const sixteenDigits: TomeProfile = { ...profileNamed('sixteen-digits'), authentication: { kind: 'none' } };

let simulator: Simulator;
let events: TokenizerEvent[];

afterEach(() => simulator.close());

async function start(
  profile: TomeProfile,
  references: 'any-luhn' | 'unrestricted',
  unacceptableReferences: ReferenceDependencies['unacceptableReferences'],
): Promise<Tokenizer> {
  simulator = await startSimulator({ profile, switches: { latencyMs: 0, rateLimitScope: 'off', references } });
  events = [];
  return createDirectTokenizer({
    ...defaultRules,
    forms: tokenFormsOf(profile),
    unacceptableReferences,
    tome: plainTome(simulator.url, profile),
    report: (event) => events.push(event),
    recordDisclosure: () => undefined,
  });
}

/** Creates cards and exchanges each reference for its card number. Returns the references. */
async function createAndRead(tokenizer: Tokenizer): Promise<readonly string[]> {
  const references: string[] = [];
  for (let first = 0; first < CREATIONS; first += AT_ONCE) {
    const cards = Array.from({ length: AT_ONCE }, (_, index) => CardNumber.parse(madeUpCard(first + index)));
    const created = await Promise.all(cards.map((card) => tokenizer.create(card, requestContext())));
    const read = await Promise.all(
      created.map(({ cardReference }) => tokenizer.detokenize(cardReference, requestContext())),
    );
    expect(created.every((card) => card.created)).toBe(true);
    expect(read.filter((card, index) => cards[index]?.equals(card) !== true)).toEqual([]);
    references.push(...created.map(({ cardReference }) => cardReference));
  }
  expect(new Set(references).size).toBe(CREATIONS);
  return references;
}

const counted = (event: TokenizerEvent): number => events.filter((name) => name === event).length;

test.each([
  ['any-luhn', 'simulator', simulatorProfile],
  ['unrestricted', 'simulator', simulatorProfile],
  ['any-luhn', 'sixteen-digits', sixteenDigits],
  ['unrestricted', 'sixteen-digits', sixteenDigits],
] as const)(
  'no creation fails at a TOME with %s references and the profile %s, each reference is exchanged back, and odd ones are counted',
  async (references, _name, profile) => {
    const tokenizer = await start(profile, references, 'accept-and-count');
    const created = await createAndRead(tokenizer);
    const rules = { ...defaultRules, forms: tokenFormsOf(profile) };
    const odd = created.filter((reference) => findReferenceFault(reference, rules) !== null);
    expect(odd.length).toBeGreaterThan(CREATIONS / 20);
    expect(counted('reference-odd')).toBe(odd.length);
  },
);

test.each(['any-luhn', 'unrestricted'] as const)(
  'with UNACCEPTABLE_REFERENCES=refuse NS2 binds acceptable references only, at a TOME with %s references',
  async (references) => {
    const tokenizer = await start(sixteenDigits, references, 'refuse');
    await createAndRead(tokenizer);
    const rules = { ...defaultRules, forms: tokenFormsOf(sixteenDigits) };
    const bound = simulator.vaults.ns2.bindings().map(([, reference]) => reference);
    expect(bound).toHaveLength(CREATIONS);
    expect(bound.filter((reference) => findReferenceFault(reference, rules) !== null)).toEqual([]);
    expect(counted('reference-odd')).toBe(0);
    expect(counted('candidate-lost')).toBe(simulator.vaults.ns2.issuedTokens().length - CREATIONS);
    expect(counted('candidate-lost')).toBeGreaterThan(0);
  },
);

test('with UNACCEPTABLE_REFERENCES=refuse a card without an acceptable reference can be created later', async () => {
  const tokenizer = await start(simulatorProfile, 'any-luhn', 'refuse');
  const card = CardNumber.parse(madeUpCard(1));
  simulator.faults.order({ operation: 'prefetch', namespace: 'ns2', kind: 'card-like', rate: 1 });
  for (let time = 0; time < 2; time += 1) {
    await expect(tokenizer.create(card, requestContext())).rejects.toMatchObject({
      code: 'no-reference-offered',
      retryable: true,
    });
  }
  expect(simulator.vaults.ns2.bindings()).toEqual([]);
  simulator.faults.clear();
  expect(await tokenizer.create(card, requestContext())).toMatchObject({ created: true });
});
