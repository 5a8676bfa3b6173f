import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDirectTokenizer } from '../../../lambdas/tokenization/direct-tokenizer.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type { DisclosureRecord } from '../../../lambdas/tokenization/ports/audit.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { requestContext } from '../../support/request-context.ts';
import { defaultRulesUnder, profileNamed } from '../../support/tome-profiles.ts';
import { answers, type ScriptedTome, startScriptedTome } from '../tome/scripted-tome.ts';

/** A number that can be a card number, an internal token and a reference. */
const DIGITS = '9000000000000001';
const CARD = CardNumber.parse(DIGITS);
const TOKEN = '4000000000000010';
const REFERENCE = '9100000000000009' as CardReference;
const profile = {
  ...profileNamed('sixteen-digits'),
  authentication: { kind: 'none' },
  answersShow: 'request-id',
} as const;

let server: ScriptedTome;
let disclosures: DisclosureRecord[];

beforeEach(async () => {
  server = await startScriptedTome();
  disclosures = [];
});

afterEach(() => server.close());

const tokenizer = () =>
  createDirectTokenizer({
    ...defaultRulesUnder(profile),
    unacceptableReferences: 'accept-and-count',
    tome: plainTome(server.url, profile),
    report: () => undefined,
    recordDisclosure: (record) => disclosures.push(record),
  });

test('a token or reference that is the number of the card is refused by a creation and a lookup', async () => {
  const lasting = (code: string) => ({ code, retryable: false });
  server.script(answers(200, { token: DIGITS, isNew: true }));
  await expect(tokenizer().create(CARD, requestContext())).rejects.toMatchObject(
    lasting('internal-token-unacceptable'),
  );
  await expect(tokenizer().lookup(CARD, requestContext())).rejects.toMatchObject(
    lasting('internal-token-unacceptable'),
  );
  const answer = (token: string) => answers(200, { token, isNew: true });
  for (const named of [DIGITS, TOKEN]) {
    server.script(answer(TOKEN), answer(named));
    await expect(tokenizer().create(CARD, requestContext())).rejects.toMatchObject(lasting('reference-unacceptable'));
    server.script(answer(TOKEN), answer(named));
    await expect(tokenizer().lookup(CARD, requestContext())).rejects.toMatchObject(lasting('reference-unacceptable'));
  }
  server.script(answer(TOKEN), answer(REFERENCE));
  expect(await tokenizer().create(CARD, requestContext())).toEqual({ cardReference: REFERENCE, created: true });
});

const OTHER_CARD = '4000000000000002';

test.each([
  ['its card number is the reference', DIGITS, TOKEN, DIGITS, 'stored-card-unacceptable'],
  ['its card number is the internal token', REFERENCE, OTHER_CARD, OTHER_CARD, 'stored-card-unacceptable'],
  ['its internal token is the reference', REFERENCE, REFERENCE, OTHER_CARD, 'internal-token-unacceptable'],
])('a reference is not exchanged when %s, and nothing is recorded as disclosed', async (_what, ...given) => {
  const [reference, internalToken, source, code] = given;
  server.script(answers(200, { source: internalToken }), answers(200, { source }));
  const answer = tokenizer().detokenize(reference as CardReference, requestContext());
  await expect(answer).rejects.toMatchObject({ code, retryable: false });
  expect(disclosures).toEqual([]);
});

test('an exchanged reference is recorded as disclosed, also an odd one', async () => {
  const odd = '6011000990139424' as CardReference;
  server.script(answers(200, { source: TOKEN }), answers(200, { source: DIGITS }));
  expect((await tokenizer().detokenize(odd, requestContext())).equals(CARD)).toBe(true);
  expect(disclosures).toMatchObject([{ cardReference: odd }]);
});
