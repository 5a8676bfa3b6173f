import { afterEach, beforeEach, expect, test } from 'vitest';
import { withDistinctTexts } from '../../../lambdas/tokenization/distinct-texts.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Tome } from '../../../lambdas/tokenization/ports/tome.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { profileNamed } from '../../support/tome-profiles.ts';
import { type Act, answers, type ScriptedTome, startScriptedTome } from '../tome/scripted-tome.ts';

const DIGITS = '9000000000000001';
const cardNumber = CardNumber.parse(DIGITS);
const token = DIGITS as InternalToken;
const reference = DIGITS as CardReference;
const otherToken = '9000000000000019' as InternalToken;
const otherReference = '9100000000000009' as CardReference;
const CALL = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'test' } as const;

let server: ScriptedTome;
let tome: Tome;

beforeEach(async () => {
  server = await startScriptedTome();
  // Scripted answers repeat the id of their request.
  tome = withDistinctTexts(plainTome(server.url, { ...profileNamed('sixteen-digits'), answersShow: 'request-id' }));
});

afterEach(() => server.close());

test.each<[string, string, Act, () => Promise<unknown>]>([
  [
    'NS1 binds a card to its own number',
    'internal-token-unacceptable',
    answers(200, { token, isNew: true }),
    () => tome.ns1.tokenize(cardNumber, null, CALL),
  ],
  [
    'NS1 says that a card has its own number as its token',
    'internal-token-unacceptable',
    answers(409, { error: 'already-bound', token }),
    () => tome.ns1.tokenize(cardNumber, otherToken, CALL),
  ],
  [
    'NS1 names the number of a card as its token',
    'internal-token-unacceptable',
    answers(200, { token }),
    () => tome.ns1.lookup(cardNumber, CALL),
  ],
  [
    'NS1 names a token as its card number',
    'stored-card-unacceptable',
    answers(200, { source: DIGITS }),
    () => tome.ns1.detokenize(token, CALL),
  ],
  [
    'NS2 binds a token to itself',
    'reference-unacceptable',
    answers(200, { token: DIGITS, isNew: true }),
    () => tome.ns2.tokenize(token, null, CALL),
  ],
  [
    'NS2 names a token as its reference',
    'reference-unacceptable',
    answers(200, { token: DIGITS }),
    () => tome.ns2.lookup(token, CALL),
  ],
  [
    'NS2 names a reference as its token',
    'internal-token-unacceptable',
    answers(200, { source: DIGITS }),
    () => tome.ns2.detokenize(reference, CALL),
  ],
])('when %s, the answer is refused for good and quotes no number', async (_what, code, answer, call) => {
  server.script(answer);
  const refusal = await call().then(
    () => null,
    (error: unknown) => error as Error,
  );
  const message = 'TOME gave a token that equals its source.';
  expect(refusal).toMatchObject({ code, retryable: false, attempts: 1, message });
  expect(refusal?.message).not.toContain(DIGITS);
});

test('a bulk answer that binds one token to itself is unusable for this token only', async () => {
  const results = [DIGITS, otherReference].map((bound) => ({ outcome: 'bound', token: bound, isNew: true }));
  server.script(answers(200, { results }));
  const items = [
    { source: token, token: otherReference },
    { source: otherToken, token: otherReference },
  ];
  expect(await tome.ns2.bulkTokenize(items, CALL)).toEqual([
    { outcome: 'unusable' },
    { outcome: 'bound', token: otherReference },
  ]);
  server.script(answers(404, { error: 'operation-absent' }));
  expect(await tome.ns2.bulkTokenize(items, CALL)).toBeNull();
});

test('answers that name two different texts, or none, pass unchanged', async () => {
  server.script(answers(200, { token: otherToken, isNew: false }));
  expect(await tome.ns1.tokenize(cardNumber, otherToken, CALL)).toMatchObject({ token: otherToken, isNew: false });
  server.script(answers(200, { token: otherReference }));
  expect(await tome.ns2.lookup(token, CALL)).toBe(otherReference);
  server.script(answers(404, { error: 'not-found' }));
  expect([
    await tome.ns1.lookup(cardNumber, CALL),
    await tome.ns2.lookup(token, CALL),
    await tome.ns1.detokenize(token, CALL),
    await tome.ns2.detokenize(reference, CALL),
  ]).toEqual([null, null, null, null]);
  server.script(answers(200, { tokens: [{ token }] }));
  expect(await tome.ns1.prefetch(1, CALL)).toMatchObject({ tokens: [{ token }] });
});
