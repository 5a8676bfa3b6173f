import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bindReference, findBoundReference } from '../../../lambdas/tokenization/bound-reference.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { ReferenceRules } from '../../../lambdas/tokenization/model/reference-rules.ts';
import type { ReferenceDependencies, TokenizerEvent } from '../../../lambdas/tokenization/tokenizer-dependencies.ts';
import { tokenFormsOf } from '../../../lambdas/tome/profile/tome-profile.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { requestContext } from '../../support/request-context.ts';
import { defaultRules, profileNamed } from '../../support/tome-profiles.ts';
import { answers, type ScriptedTome, startScriptedTome } from '../tome/scripted-tome.ts';
import { withCheckDigit } from './generated-card-numbers.ts';

const internalToken = 'internal-token-number-one' as InternalToken;
const cardNumber = CardNumber.parse('4000000000000002');
const OWN_NUMBER = '4000000000000002';
/** Allowed by version 1 of the format. Version 2 forbids it, because the range is RuPay's. */
const OLD_REFERENCE = '8211111111111112';
const CARD_LIKE = '4111111111111111';
const USUAL = '9100000000000009';
/** Only its check digit is that of a card number. */
const WITH_CHECK_DIGIT = withCheckDigit('910000000000000');

let server: ScriptedTome;
let events: TokenizerEvent[];

beforeEach(async () => {
  server = await startScriptedTome();
  events = [];
});

afterEach(() => server.close());

const dependencies = (
  rules: Partial<ReferenceRules> = {},
  unacceptableReferences: ReferenceDependencies['unacceptableReferences'] = 'accept-and-count',
): ReferenceDependencies => ({
  ...defaultRules,
  ...rules,
  unacceptableReferences,
  tome: plainTome(server.url),
  report: (event) => events.push(event),
});
const bind = (given: ReferenceDependencies, isNew = true) =>
  bindReference(given, { cardNumber, internalToken, isNew }, requestContext());
const find = (given: ReferenceDependencies) =>
  findBoundReference(given, { cardNumber, internalToken }, requestContext());
const operations = (): readonly string[] => server.paths.map((path) => path.split('/').at(-1) ?? '');

describe('a reference that NS2 has bound', () => {
  test.each([
    ['of an older version of the format is accepted and not counted', OLD_REFERENCE, []],
    ['that no version of the format allows is accepted and counted', CARD_LIKE, ['reference-odd']],
    ['with a check digit that the policy forbids is accepted and counted', WITH_CHECK_DIGIT, ['reference-odd']],
    ['of the usual form is accepted and not counted', USUAL, []],
  ])('%s', async (_what, token, expected) => {
    server.script(answers(200, { token }));
    expect(await find(dependencies())).toBe(token);
    server.script(answers(200, { token, isNew: false }));
    expect(await bind(dependencies())).toEqual({ cardReference: token, isNew: false });
    expect(events).toEqual([...expected, ...expected]);
  });

  test('in this call is compared with the newest version of the format', async () => {
    server.script(answers(200, { token: OLD_REFERENCE, isNew: true }));
    expect(await bind(dependencies())).toEqual({ cardReference: OLD_REFERENCE, isNew: true });
    expect(events).toEqual(['reference-odd']);
  });

  test('is compared with the form of the profile alone under REFERENCE_FORMAT=tome', async () => {
    const { forms } = defaultRules;
    const rules: ReferenceRules = {
      referenceFormat: 'tome',
      luhnPolicy: 'must-fail',
      forms: { ...forms, reference: { ...forms.reference, forbiddenStarts: [{ from: '9', to: '9' }] } },
    };
    for (const token of [CARD_LIKE, USUAL]) {
      server.script(answers(200, { token, isNew: true }));
      expect(await bind(dependencies(rules))).toEqual({ cardReference: token, isNew: true });
    }
    expect(events).toEqual(['reference-odd']);
  });

  test.each([
    ['that is the number of the card', OWN_NUMBER],
    ['of 17 digits', '91000000000000009'],
    ['that is the internal token', internalToken],
  ])('%s is refused', async (_what, token) => {
    const lasting = { code: 'reference-unacceptable', retryable: false };
    server.script(answers(200, { token }));
    await expect(find(dependencies())).rejects.toMatchObject(lasting);
    for (const isNew of [true, false]) {
      server.script(answers(200, { token, isNew }));
      await expect(bind(dependencies())).rejects.toMatchObject(lasting);
    }
    expect(events).toEqual([]);
  });

  test('that has the form of an internal token is refused where forms are told apart by form', async () => {
    const token = '9000000000000009';
    server.script(answers(200, { token }));
    const uat = dependencies({ forms: tokenFormsOf(profileNamed('uat')) });
    await expect(find(uat)).rejects.toMatchObject({ code: 'reference-unacceptable' });
    expect(await find(dependencies({ forms: tokenFormsOf(profileNamed('sixteen-digits')) }))).toBe(token);
  });
});

describe('with UNACCEPTABLE_REFERENCES=refuse', () => {
  const refusing = (): ReferenceDependencies => dependencies({}, 'refuse');
  const offers = (token: string) => answers(200, { tokens: [{ token }] });

  test('nothing is sent to be bound before an acceptable reference was found', async () => {
    server.script(
      offers(CARD_LIKE),
      offers(WITH_CHECK_DIGIT),
      answers(200, { tokens: [] }),
      answers(200, { tokens: [{ token: 'odd' }] }),
      offers(USUAL),
      answers(200, { token: USUAL, isNew: true }),
    );
    expect(await bind(refusing())).toEqual({ cardReference: USUAL, isNew: true });
    expect(operations()).toEqual(['prefetch', 'prefetch', 'prefetch', 'prefetch', 'prefetch', 'tokenize']);
    expect(events).toEqual(Array.from({ length: 4 }, () => 'candidate-lost'));
  });

  test('another reference is tried when the first one is bound to another token meanwhile', async () => {
    const other = '9100000000000017';
    server.script(
      offers(USUAL),
      answers(409, { error: 'token-taken' }),
      offers(other),
      answers(200, { token: other, isNew: true }),
    );
    expect(await bind(refusing())).toEqual({ cardReference: other, isNew: true });
  });

  test('the number of the card is no acceptable reference', async () => {
    const own = CardNumber.parse(WITH_CHECK_DIGIT);
    server.script(offers(WITH_CHECK_DIGIT), offers(USUAL), answers(200, { token: USUAL, isNew: true }));
    const rules = { ...defaultRules, luhnPolicy: 'any' } as const;
    const named = { cardNumber: own, internalToken, isNew: true };
    expect(await bindReference(dependencies(rules, 'refuse'), named, requestContext())).toMatchObject({
      cardReference: USUAL,
    });
  });

  test('nothing is bound and the caller may retry when no reference is acceptable', async () => {
    server.script(...Array.from({ length: 40 }, () => offers(CARD_LIKE)), answers(404, { error: 'not-found' }));
    await expect(bind(refusing())).rejects.toMatchObject({ code: 'no-reference-offered', retryable: true });
    expect(operations().filter((operation) => operation !== 'prefetch')).toEqual(['lookup']);
  });

  test('a token that has a reference keeps it, and the reference is counted', async () => {
    server.script(answers(200, { token: CARD_LIKE }));
    expect(await bind(refusing(), false)).toEqual({ cardReference: CARD_LIKE, isNew: false });
    expect(operations()).toEqual(['lookup']);
    server.script(offers(USUAL), answers(200, { token: CARD_LIKE, isNew: false }));
    expect(await bind(refusing(), true)).toEqual({ cardReference: CARD_LIKE, isNew: false });
    expect(events).toEqual(['reference-odd', 'candidate-lost', 'reference-odd']);
  });
});
