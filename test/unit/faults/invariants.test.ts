import { expect, test } from 'vitest';
import { CURRENT_REFERENCE_FORMAT, findFormatFault } from '../../../lambdas/tokenization/model/reference-format.ts';
import type { Evidence } from '../../faults/checker/evidence.ts';
import { findViolations } from '../../faults/checker/invariants.ts';
import { wrongForms } from '../../faults/checker/token-forms.ts';
import { profileNamed, simulatorProfile } from '../../support/tome-profiles.ts';

const CARD = '4000000000000002';
const REFERENCE = '9100000000000000';
const TOKEN = 'it_abcdefghijklmnopqrstuvwxy';

/** The evidence of a world in which one card was created, without a fault. */
const valid: Evidence = {
  pairs: [
    {
      pairId: 1n,
      internalToken: TOKEN,
      cardReference: REFERENCE,
      state: 'USED',
      origin: 'prefetch',
      isConfirmed: true,
      reservationId: 'r',
    },
  ],
  edges: [],
  unpairedTokens: [],
  lostCalls: [],
  outboxSize: 0,
  tableSizes: { staged: 0, available: 0, reserved: 0, quarantined: 0 },
  keys: [{ claim: 'key and body', reservationId: 'r', cardReference: REFERENCE }],
  tables: `(1,${TOKEN},${REFERENCE})`,
  tome: {
    ns1: new Map([[CARD, TOKEN]]),
    ns2: new Map([[TOKEN, REFERENCE]]),
    issued: { ns1: [TOKEN], ns2: [REFERENCE] },
  },
  answers: [
    { operation: 'create', status: 201, card: CARD, reference: REFERENCE, idempotencyKey: 'k' },
    { operation: 'detokenize', status: 200, card: CARD, reference: REFERENCE },
  ],
  events: [{ eventId: 'e', cardReferenceId: REFERENCE }],
  disclosures: [{ cardReference: REFERENCE }],
  dispatches: [],
  claims: new Map([['key and body', CARD]]),
  keyUses: [{ idempotencyKey: 'k', card: CARD }],
  forms: [{ profile: simulatorProfile, referenceFormat: 'card-networks' }],
  restored: 'never',
  output: '',
};

const pair = valid.pairs[0] as Evidence['pairs'][number];
const edge = (from: string, to: string, more: object = {}) => ({
  pairId: 1n,
  from,
  to,
  holder: 'r',
  takenBy: 'r',
  adopted: false,
  reason: null,
  ...more,
});

/** An internal token of 16 digits that was issued and is stored, and that no card has. */
const UNBOUND = '9123456789012345';
const withUnboundToken: Partial<Evidence> & Pick<Evidence, 'tome'> = {
  unpairedTokens: [{ namespace: 'ns1', token: UNBOUND, because: null }],
  tome: { ...valid.tome, issued: { ...valid.tome.issued, ns1: [TOKEN, UNBOUND] } },
};
/** The same with other characters than digits. */
const UNBOUND_WORD = 'it_zyxwvutsrqponmlkjihgfedcba';
const withUnboundWord: Partial<Evidence> = {
  unpairedTokens: [{ namespace: 'ns1', token: UNBOUND_WORD, because: null }],
  tome: { ...valid.tome, issued: { ...valid.tome.issued, ns1: [TOKEN, UNBOUND_WORD] } },
};

test('the checker finds no violation in a world without a fault', () => {
  expect(findViolations({ ...valid, ...withUnboundToken }, true)).toEqual([]);
  expect(findViolations({ ...valid, ...withUnboundWord }, true)).toEqual([]);
  // A longer number is not the token.
  expect(findViolations({ ...valid, ...withUnboundToken, output: `1${UNBOUND}` }, true)).toEqual([]);
  expect(findViolations(valid, true)).toEqual([]);
});

test.each<[string, Partial<Evidence>]>([
  [
    'I1',
    {
      tome: {
        ...valid.tome,
        ns1: new Map([
          [CARD, TOKEN],
          ['4000000000000010', TOKEN],
        ]),
      },
    },
  ],
  [
    'I2',
    {
      answers: [...valid.answers, { operation: 'create', status: 201, card: '4000000000000010', reference: REFERENCE }],
    },
  ],
  ['I3', { pairs: [pair, { ...pair, pairId: 2n }] }],
  ['I3', { tome: { ...valid.tome, ns2: new Map([[TOKEN, '9200000000000000']]) } }],
  ['I4', { answers: [{ operation: 'create', status: 201, card: CARD, reference: '9300000000000000' }] }],
  ['I5', { tome: { ...valid.tome, ns1: new Map() } }],
  ['I6', { edges: [edge('USED', 'AVAILABLE')] }],
  ['I6', { edges: [edge('RESERVED', 'AVAILABLE', { takenBy: 'another reservation' })] }],
  ['I6', { edges: [edge('RESERVED', 'USED', { takenBy: null })] }],
  [
    'I6',
    {
      edges: [
        edge('AVAILABLE', 'RESERVED', { takenBy: 'r' }),
        edge('AVAILABLE', 'RESERVED', { takenBy: 'r', pairId: 2n }),
      ],
    },
  ],
  [
    'I6',
    {
      edges: [edge('AVAILABLE', 'RESERVED'), edge('RESERVED', 'AVAILABLE')],
      dispatches: [{ token: TOKEN, outcome: 'unknown', correlationId: 'c', reservationId: 'r' }],
    },
  ],
  [
    'I6',
    {
      dispatches: [
        { token: TOKEN, outcome: 'unknown', correlationId: 'c', reservationId: 'r' },
        { token: 'it_2', outcome: 'ours', correlationId: 'c', reservationId: 'r' },
      ],
    },
  ],
  ['I7', { events: [] }],
  ['I7', { events: [...valid.events, { eventId: 'f', cardReferenceId: '9300000000000000' }] }],
  ['I7', { events: [...valid.events, { eventId: 'f', cardReferenceId: REFERENCE }] }],
  ['I8', { tome: { ...valid.tome, issued: { ns1: [TOKEN, 'it_lost'], ns2: [REFERENCE] } } }],
  [
    'I9',
    {
      pairs: [
        pair,
        {
          ...pair,
          pairId: 2n,
          internalToken: 'it_2',
          cardReference: '9200000000000000',
          state: 'RESERVED',
          isConfirmed: false,
        },
      ],
    },
  ],
  ['I15', { keys: [{ claim: 'key and body', reservationId: null, cardReference: '9300000000000000' }] }],
  [
    'I15',
    {
      claims: new Map([['key and body', '4000000000000010']]),
      keys: [{ claim: 'key and body', reservationId: 'r', cardReference: null }],
    },
  ],
  [
    'I16',
    {
      answers: [
        ...valid.answers,
        { operation: 'create', status: 422, code: 'idempotency-conflict', card: CARD, idempotencyKey: 'k' },
      ],
    },
  ],
  ['I9', { tableSizes: { ...valid.tableSizes, available: 1 } }],
  [
    'I10',
    {
      answers: [
        ...valid.answers,
        { operation: 'create', status: 201, card: CARD, reference: '9300000000000000', idempotencyKey: 'k' },
      ],
    },
  ],
  ['I11', { tables: `${valid.tables} ${CARD}` }],
  ['I11', { tables: `${valid.tables} \\x${Buffer.from(CARD).toString('hex')}` }],
  ['I11', { output: `a log line with ${TOKEN}` }],
  ['I11', { answers: [...valid.answers, { operation: 'create', status: 502, text: `the token ${TOKEN}` }] }],
  ['I11', { answers: [...valid.answers, { operation: 'create', status: 422, text: `the card ${CARD}` }] }],
  ['I11', { ...withUnboundToken, output: `{"token":"${UNBOUND}"}` }],
  ...['spare-', 'spare_', 'x'].map((before): [string, Partial<Evidence>] => [
    'I11',
    { ...withUnboundToken, output: `${before}${UNBOUND}` },
  ]),
  ...['spare-', '_', 'x'].map((before): [string, Partial<Evidence>] => [
    'I11',
    { ...withUnboundWord, output: `${before}${UNBOUND_WORD}-2` },
  ]),
  ['I11', { ...withUnboundToken, answers: [{ operation: 'create', status: 201, card: CARD, reference: UNBOUND }] }],
  [
    'I8',
    {
      // A token that is stored in the other namespace is not stored in its own.
      unpairedTokens: [{ namespace: 'ns2', token: UNBOUND, because: 'expired' }],
      tome: withUnboundToken.tome,
    },
  ],
  ['I14', { disclosures: [] }],
])('the checker finds a violation of %s (%#)', (invariant, change) => {
  const invalid = findViolations({ ...valid, ...change }, true).map((violation) => violation.invariant.split(' ')[0]);
  expect(invalid).toContain(invariant);
});

test('the checker accepts a counted lost call, and a pair that was released as the rules allow', () => {
  const allowed: Evidence = {
    ...valid,
    tome: { ...valid.tome, issued: { ns1: [TOKEN, 'it_lost'], ns2: [REFERENCE] } },
    lostCalls: [{ namespace: 'ns1', requested: 1 }],
    edges: [edge('AVAILABLE', 'RESERVED'), edge('RESERVED', 'AVAILABLE')],
    dispatches: [
      { token: TOKEN, outcome: 'other', correlationId: 'c', reservationId: 'r' },
      { token: TOKEN, outcome: 'ours', correlationId: 'd', reservationId: 'the next reservation' },
    ],
  };
  expect(findViolations(allowed, true)).toEqual([]);
});

test('the message of a violation contains no card number and no internal token', () => {
  const invalid: Evidence = {
    ...valid,
    tables: CARD,
    output: TOKEN,
    tome: { ...valid.tome, ns2: new Map() },
    events: [],
  };
  const messages = JSON.stringify(findViolations(invalid, true));
  expect(messages).not.toContain(CARD);
  expect(messages).not.toContain(TOKEN);
});

const forms = (name: string, referenceFormat: 'card-networks' | 'tome' = 'card-networks') => ({
  profile: profileNamed(name),
  referenceFormat,
});
const SIXTEEN = '9123456789012345';
const bound = (internalToken: string, cardReference: string, origin: Evidence['pairs'][number]['origin']) => ({
  pairs: [{ ...pair, internalToken, cardReference, origin }],
  tome: { ...valid.tome, ns2: new Map([[internalToken, cardReference]]) },
});

test.each<[string, string, Partial<Evidence>]>([
  ['a pair has two equal halves', 'I17', { pairs: [{ ...pair, internalToken: REFERENCE }] }],
  [
    'the reference of a pair is the internal token of another pair',
    'I17',
    { pairs: [pair, { ...pair, pairId: 2n, internalToken: REFERENCE, cardReference: SIXTEEN }] },
  ],
  [
    'the reference of a pair is a spare internal token',
    'I17',
    { unpairedTokens: [{ namespace: 'ns1', token: REFERENCE, because: null }] },
  ],
  [
    'the reference of a pair is a rejected internal token',
    'I17',
    { unpairedTokens: [{ namespace: 'ns1', token: REFERENCE, because: 'expired' }] },
  ],
  [
    'the internal token of a pair is the number of its card',
    'I17',
    { pairs: [{ ...pair, internalToken: CARD }], tome: { ...valid.tome, ns1: new Map([[CARD, CARD]]) } },
  ],
  ['the reference of a pair is the number of its card', 'I17', { pairs: [{ ...pair, cardReference: CARD }] }],
  [
    'an answer has the card number as reference',
    'I17',
    { answers: [{ operation: 'create', status: 201, card: CARD, reference: CARD }] },
  ],
  [
    'an answer has an internal token as reference',
    'I17',
    { answers: [{ operation: 'create', status: 201, card: CARD, reference: TOKEN }] },
  ],
  ['an internal token is too short', 'I18', { pairs: [{ ...pair, internalToken: 'it_2' }] }],
  ['an internal token has the form of another profile', 'I18', { forms: [forms('sixteen-digits')] }],
  ['a reference is not 16 digits', 'I18', { pairs: [{ ...pair, cardReference: '910000000000000' }] }],
  ['a pair of the pool has a reference like a card number', 'I18', bound(TOKEN, '4111111111111111', 'prefetch')],
  [
    'a pair of the pool has a reference that its profile forbids',
    'I18',
    { ...bound('9000000000000002', '9100000000000000', 'prefetch'), forms: [forms('uat', 'tome')] },
  ],
  [
    'an internal token has a check digit that its profile forbids',
    'I18',
    { ...bound('9000000000000001', '8100000000000000', 'direct'), forms: [forms('uat')] },
  ],
  [
    'a pair from outside has a reference like a card number, and NS2 has another binding',
    'I18',
    { pairs: [{ ...pair, cardReference: '4111111111111111', origin: 'repair' }] },
  ],
  [
    'a reference has the form of an internal token, where forms tell them apart',
    'I18',
    { ...bound('9000000000000002', '9000000000000018', 'direct'), forms: [forms('uat', 'tome')] },
  ],
])('the checker notices that %s', (_what, invariant, change) => {
  const invalid = findViolations({ ...valid, ...change }, false).map((violation) => violation.invariant.split(' ')[0]);
  expect(invalid).toContain(invariant);
});

test.each<[string, Partial<Evidence>]>([
  ['a bound reference like a card number', bound(TOKEN, '4111111111111111', 'direct')],
  [
    'an internal token that looks like a card number, where the profile allows it',
    { ...bound('4111111111111111', '9100000000000000', 'prefetch'), forms: [forms('sixteen-digits')] },
  ],
  [
    'a reference like a card number, where the profile and REFERENCE_FORMAT allow it',
    { ...bound(SIXTEEN, '6011111111111117', 'prefetch'), forms: [forms('sixteen-digits', 'tome')] },
  ],
  ['a pair of an earlier profile', { forms: [forms('sixteen-digits'), forms('simulator')] }],
  [
    'a text that NS1 answered and that is no internal token',
    { unpairedTokens: [{ namespace: 'ns1', token: REFERENCE, because: 'token-format' }] },
  ],
])('the checker accepts %s', (_what, change) => {
  const invariants = findViolations({ ...valid, ...change }, false).map((violation) => violation.invariant.slice(0, 3));
  expect(invariants.filter((invariant) => ['I17', 'I18'].includes(invariant))).toEqual([]);
});

test('the checker forbids the same leading digits as the newest reference format', () => {
  const edges = CURRENT_REFERENCE_FORMAT.forbidden.flatMap(({ from, to }) => [
    from.padEnd(16, '0'),
    to.padEnd(16, '9'),
    String(BigInt(from.padEnd(16, '0')) - 1n).padStart(16, '0'),
    String((BigInt(to.padEnd(16, '9')) + 1n) % 10n ** 16n).padStart(16, '0'),
  ]);
  const starts = Array.from({ length: 10_000 }, (_, start) => `${String(start).padStart(4, '0')}123456789012`);
  for (const reference of [...edges.filter((edge) => /^\d{16}$/.test(edge)), ...starts]) {
    const isForbidden = wrongForms({ ...valid, ...bound(TOKEN, reference, 'prefetch') }).length > 0;
    expect([reference, isForbidden]).toEqual([reference, findFormatFault(reference, 'any') === 'card-network-prefix']);
  }
});
