import { expect, test } from 'vitest';
import type { Evidence } from '../../faults/checker/evidence.ts';
import { judge } from '../../faults/checker/invariants.ts';

const CARD = '4000000000000002';
const REFERENCE = '9100000000000000';
const TOKEN = 'it_abcdefghijklmnopqrstuvwxy';

/** A world in which one card was created and everything is as it should be. */
const sound: Evidence = {
  rows: [
    {
      pairId: 1n,
      internalToken: TOKEN,
      cardReference: REFERENCE,
      state: 'USED',
      wasMapped: true,
      reservationId: 'r',
    },
  ],
  edges: [],
  unpairedTokens: new Set(),
  lostCalls: [],
  outboxSize: 0,
  shelves: { staged: 0, available: 0, reserved: 0, quarantined: 0 },
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
  keyed: [{ idempotencyKey: 'k', card: CARD }],
  restored: 'never',
  output: '',
};

const row = sound.rows[0] as Evidence['rows'][number];
const edge = (from: string, to: string, more: object = {}) => ({
  pairId: 1n,
  from,
  to,
  reservationId: 'r',
  settledBy: 'r',
  adopted: false,
  reason: null,
  ...more,
});

test('a sound world has no violation', () => {
  expect(judge(sound, true)).toEqual([]);
});

test.each<[string, Partial<Evidence>]>([
  [
    'I1',
    {
      tome: {
        ...sound.tome,
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
      answers: [...sound.answers, { operation: 'create', status: 201, card: '4000000000000010', reference: REFERENCE }],
    },
  ],
  ['I3', { rows: [row, { ...row, pairId: 2n }] }],
  ['I3', { tome: { ...sound.tome, ns2: new Map([[TOKEN, '9200000000000000']]) } }],
  ['I4', { answers: [{ operation: 'create', status: 201, card: CARD, reference: '9300000000000000' }] }],
  ['I5', { tome: { ...sound.tome, ns1: new Map() } }],
  ['I6', { edges: [edge('USED', 'AVAILABLE')] }],
  ['I6', { edges: [edge('RESERVED', 'AVAILABLE', { settledBy: 'somebody' })] }],
  ['I6', { edges: [edge('RESERVED', 'USED', { settledBy: null })] }],
  [
    'I6',
    {
      edges: [
        edge('AVAILABLE', 'RESERVED', { settledBy: 'r' }),
        edge('AVAILABLE', 'RESERVED', { settledBy: 'r', pairId: 2n }),
      ],
    },
  ],
  [
    'I6',
    {
      edges: [edge('AVAILABLE', 'RESERVED'), edge('RESERVED', 'AVAILABLE')],
      dispatches: [{ token: TOKEN, verdict: 'unknown', correlationId: 'c', reservationId: 'r' }],
    },
  ],
  [
    'I6',
    {
      dispatches: [
        { token: TOKEN, verdict: 'unknown', correlationId: 'c', reservationId: 'r' },
        { token: 'it_2', verdict: 'ours', correlationId: 'c', reservationId: 'r' },
      ],
    },
  ],
  ['I7', { events: [] }],
  ['I7', { events: [...sound.events, { eventId: 'f', cardReferenceId: '9300000000000000' }] }],
  ['I7', { events: [...sound.events, { eventId: 'f', cardReferenceId: REFERENCE }] }],
  ['I8', { tome: { ...sound.tome, issued: { ns1: [TOKEN, 'it_lost'], ns2: [REFERENCE] } } }],
  [
    'I9',
    {
      rows: [
        row,
        {
          ...row,
          pairId: 2n,
          internalToken: 'it_2',
          cardReference: '9200000000000000',
          state: 'RESERVED',
          wasMapped: false,
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
        ...sound.answers,
        { operation: 'create', status: 422, code: 'idempotency-conflict', card: CARD, idempotencyKey: 'k' },
      ],
    },
  ],
  ['I9', { shelves: { ...sound.shelves, available: 1 } }],
  [
    'I10',
    {
      answers: [
        ...sound.answers,
        { operation: 'create', status: 201, card: CARD, reference: '9300000000000000', idempotencyKey: 'k' },
      ],
    },
  ],
  ['I11', { tables: `${sound.tables} ${CARD}` }],
  ['I11', { tables: `${sound.tables} \\x${Buffer.from(CARD).toString('hex')}` }],
  ['I11', { output: `a log line with ${TOKEN}` }],
  ['I14', { disclosures: [] }],
])('%s is seen to be broken (%#)', (invariant, change) => {
  const broken = judge({ ...sound, ...change }, true).map((violation) => violation.invariant.split(' ')[0]);
  expect(broken).toContain(invariant);
});

test('a call whose answer was lost is counted, and a pair that was given back rightly is no violation', () => {
  const fine: Evidence = {
    ...sound,
    tome: { ...sound.tome, issued: { ns1: [TOKEN, 'it_lost'], ns2: [REFERENCE] } },
    lostCalls: [{ namespace: 'ns1', requested: 1 }],
    edges: [edge('AVAILABLE', 'RESERVED'), edge('RESERVED', 'AVAILABLE')],
    dispatches: [
      { token: TOKEN, verdict: 'other', correlationId: 'c', reservationId: 'r' },
      { token: TOKEN, verdict: 'ours', correlationId: 'd', reservationId: 'the next holder' },
    ],
  };
  expect(judge(fine, true)).toEqual([]);
});

test('no violation shows a card number or an internal token', () => {
  const broken: Evidence = {
    ...sound,
    tables: CARD,
    output: TOKEN,
    tome: { ...sound.tome, ns2: new Map() },
    events: [],
  };
  const said = JSON.stringify(judge(broken, true));
  expect(said).not.toContain(CARD);
  expect(said).not.toContain(TOKEN);
});
