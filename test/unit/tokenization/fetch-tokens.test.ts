import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PrefetchedTokens, RefillStore } from '../../../lambdas/tokenization/ports/refill-store.ts';
import { fetchTokens } from '../../../lambdas/tokenization/refill/fetch-tokens.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { defaultRulesUnder, profileNamed } from '../../support/tome-profiles.ts';
import { type Act, answers, type ScriptedTome, startScriptedTome } from '../tome/scripted-tome.ts';

const profile = { ...profileNamed('sixteen-digits'), authentication: { kind: 'none' } } as const;
const REFERENCES = ['9100000000000009', '9100000000000017', '9100000000000025'] as const;

let server: ScriptedTome;
let stored: PrefetchedTokens[];

beforeEach(async () => {
  server = await startScriptedTome();
  stored = [];
});

afterEach(() => server.close());

/** Stores nothing, and records what it was given. */
const store = {
  spareTokens: () => Promise.resolve({ internalTokens: 0, references: 0 }),
  announcePrefetch: () => Promise.resolve('an announcement'),
  stage(_lease, _announcements, tokens) {
    stored.push(tokens);
    return Promise.resolve({ staged: 0, rejected: 0, spareInternalTokens: 0, spareReferences: 0 });
  },
} satisfies Partial<RefillStore> as unknown as RefillStore;

/** One round in which the namespaces answer with these texts. */
async function fetched(internal: readonly string[], external: readonly string[], rules = {}) {
  const answer: Act = (response, request) => {
    const texts = request.path.includes('ComCardCreditCard') ? internal : external;
    answers(200, { tokens: texts.map((token) => ({ token })) })(response, request);
  };
  server.script(answer);
  const tally = {
    target: 0,
    fetched: 0,
    staged: 0,
    activated: 0,
    quarantined: 0,
    rejected: 0,
    rejectedReferences: 0,
    unanswered: 0,
  };
  const call = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'batch', correlationId: 'a run' } as const;
  const dependencies = { ...defaultRulesUnder(profile), ...rules, tome: plainTome(server.url, profile), store };
  await fetchTokens(dependencies, { lease: { fencing: 1n }, call, tally }, 3);
  const [{ internalTokens, references, rejected } = { internalTokens: [], references: [], rejected: [] }] = stored;
  return {
    internalTokens: internalTokens.map(({ token }) => token),
    references: references.map(({ token }) => token),
    rejected,
    tally,
  };
}

test('a text that both namespaces issued is no token of either, and the others are used', async () => {
  const [first, second, third] = REFERENCES;
  const result = await fetched(['4111111111111111', second], [first, second, third]);
  expect(result).toMatchObject({ internalTokens: ['4111111111111111'], references: [first, third] });
  expect(result.rejected).toEqual([
    { namespace: 'ns1', kept: second, fault: 'equal-to-other-namespace' },
    { namespace: 'ns2', kept: second, fault: 'equal-to-other-namespace' },
  ]);
  expect(result.tally).toMatchObject({ fetched: 5, rejectedReferences: 1 });
});

test('references outside the rules are set aside, and one that could be a card number is only counted', async () => {
  const [usual] = REFERENCES;
  const withCheckDigit = '9100000000000008';
  const given = [usual, '6011000990139424', '6011000990139425', withCheckDigit];
  expect(await fetched([], given, { luhnPolicy: 'any' })).toMatchObject({
    references: [usual, withCheckDigit],
    rejected: [
      { namespace: 'ns2', kept: null, fault: 'card-network-prefix' },
      { namespace: 'ns2', kept: '6011000990139425', fault: 'card-network-prefix' },
    ],
  });
});

test('under REFERENCE_FORMAT=tome only references outside the form of the profile are set aside', async () => {
  const [usual] = REFERENCES;
  const given = [usual, '6011000990139424', '4111111111111111', '4111111111111112'];
  expect(await fetched([], given, { referenceFormat: 'tome' })).toMatchObject({
    references: [usual, '6011000990139424'],
    rejected: [
      { namespace: 'ns2', kept: null, fault: 'tome-form' },
      { namespace: 'ns2', kept: '4111111111111112', fault: 'tome-form' },
    ],
  });
});
