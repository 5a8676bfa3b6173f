import { expect, test } from 'vitest';
import type { Evidence } from '../../faults/checker/evidence.ts';
import { findViolations } from '../../faults/checker/invariants.ts';

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
      isConfirmed: true,
      reservationId: 'r',
    },
  ],
  edges: [],
  unpairedTokens: new Set(),
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
const withUnboundToken = {
  unpairedTokens: new Set([UNBOUND]),
  tome: { ...valid.tome, issued: { ...valid.tome.issued, ns1: [TOKEN, UNBOUND] } },
};

test('the checker finds no violation in a world without a fault', () => {
  expect(findViolations({ ...valid, ...withUnboundToken }, true)).toEqual([]);
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
  ['I11', { ...withUnboundToken, answers: [{ operation: 'create', status: 201, card: CARD, reference: UNBOUND }] }],
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
