import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startUp } from '../../../lambdas/composition/start-up.ts';
import { correlationIdFrom } from '../../../lambdas/runtime/http/correlation-id.ts';
import { recordDisclosure, recordRefusal } from '../../../lambdas/runtime/logging/audit.ts';
import { logger } from '../../../lambdas/runtime/logging/logger.ts';
import { configureMasks } from '../../../lambdas/runtime/logging/masked-digits.ts';
import { holdsCardNumber, redactCardNumbers } from '../../../lambdas/runtime/logging/redact-card-numbers.ts';
import { redactedLogValue } from '../../../lambdas/runtime/logging/redacted-log-value.ts';
import { type CardReference, isOfAnyFormat } from '../../../lambdas/tokenization/model/card-reference.ts';
import { digitFormOfTokens } from '../../../lambdas/tokenization/model/digit-form.ts';
import { findReferenceFault, REFERENCE_RULES } from '../../../lambdas/tokenization/model/reference-rules.ts';
import { hasForm } from '../../../lambdas/tokenization/model/token-form.ts';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import { tokenFormsOf } from '../../../lambdas/tome/profile/tome-profile.ts';
import { type KeptOutput, keepOutput } from '../../support/kept-output.ts';
import { defaultRules, profileNamed, profileText } from '../../support/tome-profiles.ts';
import { anyCardNumber, digits } from '../tokenization/generated-card-numbers.ts';

const RUNS = { seed: 20_261_127, numRuns: 2_000 };
const PROFILES = Object.keys(SHIPPED_PROFILES);
/** Of no card network, and with a wrong check digit. */
const TOKEN = '9123456789012346';
const CARD = '4111111111111111';
const REFERENCE = '9123456789012346' as CardReference;
const ORIGIN = { sourceAddress: null, gatewayRequestId: null, gatewayExtendedRequestId: null, functionRequestId: null };
const CALLER = { account: '412345678901', principal: 'role/issuing', session: 'a' };

let output: KeptOutput;

beforeEach(() => {
  output = keepOutput();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  configureMasks([]);
});

/** Configures the masks as the start of a function does. */
async function startUnder(profile: string): Promise<void> {
  vi.stubEnv('TOME_PROFILE', profile);
  await startUp(() => Promise.resolve(null));
}

const internalTokensOf = (profile: string) => {
  const { internalToken } = tokenFormsOf(profileNamed(profile));
  return digits(16).filter((text) => hasForm(text, internalToken));
};

describe.each(['sixteen-digits', 'uat'])('under the profile %s', (profile) => {
  test('an internal token is masked in every place of a line', async () => {
    await startUnder(profile);
    logger.error(`message ${TOKEN}`, {
      text: `token=${TOKEN}`,
      nested: { list: [`a-${TOKEN}`, { deep: `x${TOKEN}y` }] },
      [`key ${TOKEN}`]: true,
      bigint: BigInt(TOKEN),
      json: { toJSON: () => TOKEN },
      escaped: JSON.stringify({ token: TOKEN }),
      url: `https://example.com/%39${TOKEN.slice(1)}`,
      error: new Error(`failed for ${TOKEN}`),
    });
    expect(output.text).toContain('"level":"ERROR"');
    expect(output.text).not.toContain(TOKEN.slice(1));
    expect(output.text.match(/\[masked number\]/g)).toHaveLength(9);
  });

  test('every internal token is masked, alone and beside other numbers', async () => {
    await startUnder(profile);
    fc.assert(
      fc.property(internalTokensOf(profile), fc.nat({ max: 999_999 }), (token, count) => {
        for (const text of [token, `${count} ${token}`, `"${token}","${token}"`, `it_${token}`, `${token}-${count}`]) {
          expect(redactCardNumbers(text)).not.toContain(token);
          expect(holdsCardNumber(text)).toBe(true);
        }
        expect(correlationIdFrom(`order-${token}`)).not.toContain(token);
      }),
      RUNS,
    );
  });

  test('an audit record of a refused request contains neither an internal token nor a card number', async () => {
    await startUnder(profile);
    for (const cardReference of [TOKEN, CARD]) {
      recordRefusal({
        status: 404,
        code: 'reference-not-found',
        cardReference,
        correlationId: 'c',
        caller: CALLER,
        origin: ORIGIN,
      });
    }
    expect(output.text).not.toContain(TOKEN);
    expect(output.text).not.toContain(CARD);
    expect(output.text.match(/card number withheld/g)).toHaveLength(2);
  });

  test('ids, times and addresses are kept', async () => {
    await startUnder(profile);
    const line = {
      correlationId: '58236845-3880-4269-9eab-ad5fcf91e9e6',
      functionRequestId: '58236845-3880-4269-9eab-ad5fcf91e9e6',
      trace: '4bf92f3577b34da6a3ce929d0e0e4736',
      sourceAddress: '2600:1700:1234:5678::1',
      caller: '412345678901/role/1234',
      account: '412345678901',
      queue: 'https://sqs.eu-central-1.amazonaws.com/412345678901/card-events-4711',
      at: 1_795_737_600_000,
      on: '2026-11-27T00:49:08.123Z',
      durationMs: 12.3,
    };
    logger.critical('written', line);
    expect(JSON.parse(output.text)).toMatchObject(line);
  });
});

test('an internal token of 16 letters or digits that has digits only is neither logged nor audited', async () => {
  const namespaces = {
    ns1: { name: 'a', token: { alphabet: 'url-safe', shortest: 16, longest: 16 } },
    ns2: { name: 'b', token: { alphabet: 'digits', shortest: 16, longest: 16 } },
  } as const;
  await startUnder(profileText({ toldApart: 'by-knowledge', namespaces }));
  recordRefusal({
    status: 404,
    code: 'reference-not-found',
    cardReference: TOKEN,
    correlationId: 'c',
    caller: CALLER,
    origin: ORIGIN,
  });
  logger.info(`token ${TOKEN}`);
  expect(output.text.match(/"level":"INFO"/g)).toHaveLength(2);
  expect(output.text).not.toContain(TOKEN);
});

describe('in a domain of accounts, an audit record', () => {
  /** As AWS names the role of a permission set, with ten digits in a row. */
  const caller = {
    account: '412345678901',
    principal: 'role/AWSReservedSSO_Ops_ab1234567890cdef',
    session: 'jane-0012345678',
  };

  beforeEach(async () => {
    vi.stubEnv('SOURCE_FORM', 'account-number');
    vi.stubEnv('SOURCE_LENGTHS', '8-12');
    vi.stubEnv('SOURCE_CHECK_DIGIT', 'none');
    await startUnder('simulator');
  });

  test.each([
    ['disclosure', () => recordDisclosure({ cardReference: REFERENCE, caller, correlationId: 'c', origin: ORIGIN })],
    [
      'refused request',
      () =>
        recordRefusal({
          status: 404,
          code: 'reference-not-found',
          cardReference: null,
          caller,
          correlationId: 'c',
          origin: ORIGIN,
        }),
    ],
  ])('of a %s names the verified caller, and masks the session that the caller chose', (_what, record) => {
    record();
    expect(JSON.parse(output.text)).toMatchObject({
      caller: '412345678901/role/AWSReservedSSO_Ops_ab1234567890cdef',
      account: caller.account,
      principal: caller.principal,
      session: 'jane-[masked number]',
    });
  });

  test('masks a field of another record that only has the name of a verified one', () => {
    logger.info('x', { principal: caller.principal, caller: '0012345678' });
    expect(JSON.parse(output.text)).toMatchObject({
      principal: 'role/AWSReservedSSO_Ops_ab[masked number]cdef',
      caller: '[masked number]',
    });
  });
});

test('where forms are told apart by form, no valid reference is masked in any text', async () => {
  for (const profile of PROFILES.filter((name) => profileNamed(name).toldApart === 'by-form')) {
    await startUnder(profile);
    const rules = { ...defaultRules, luhnPolicy: 'any', forms: tokenFormsOf(profileNamed(profile)) } as const;
    const references = digits(16).filter((text) => findReferenceFault(text, rules) === null);
    fc.assert(
      fc.property(references, references, (one, other) => {
        const text = `card-created-${one}, ${other}`;
        expect(redactCardNumbers(text)).toBe(text);
      }),
      RUNS,
    );
  }
});

test('under every profile, the field of a reference is kept and the number of a card is masked', async () => {
  for (const profile of PROFILES) {
    await startUnder(profile);
    const rules = { ...defaultRules, luhnPolicy: 'any', forms: tokenFormsOf(profileNamed(profile)) } as const;
    fc.assert(
      fc.property(digits(16), (reference) => {
        fc.pre(findReferenceFault(reference, rules) === null);
        for (const field of ['cardReference', 'cardReferenceId']) {
          expect(redactedLogValue(field, reference)).toBe(reference);
        }
      }),
      { ...RUNS, numRuns: 500 },
    );
    fc.assert(
      fc.property(anyCardNumber(), (number) => {
        expect(redactCardNumbers(`card ${number} was refused`)).toBe('card [card number] was refused');
        fc.pre(!isOfAnyFormat(number));
        expect(redactedLogValue('cardReference', number)).toBe('[card number]');
      }),
      RUNS,
    );
  }
});

test('an audit record names the reference of a disclosure, whatever the reference looks like', async () => {
  for (const profile of PROFILES) {
    await startUnder(profile);
    for (const text of [CARD, TOKEN, '6011000990139424', '0000000000000000']) {
      output.text = '';
      const cardReference = text as CardReference;
      recordDisclosure({ cardReference, caller: CALLER, correlationId: 'c', origin: ORIGIN });
      expect(JSON.parse(output.text)).toMatchObject({
        outcome: 'disclosed',
        cardReference: text,
        account: '412345678901',
      });
    }
  }
});

test('every rule of new references has valid ones under every profile', () => {
  for (const profile of PROFILES) {
    for (const referenceFormat of REFERENCE_RULES) {
      const rules = { ...defaultRules, referenceFormat, forms: tokenFormsOf(profileNamed(profile)) };
      const found = fc.sample(digits(16), { seed: 1, numRuns: 200 }).filter((text) => !findReferenceFault(text, rules));
      expect(found.length, `${profile} ${referenceFormat}`).toBeGreaterThan(0);
    }
  }
});

test('a domain of accounts starts with masks for its account numbers', async () => {
  vi.stubEnv('SOURCE_FORM', 'account-number');
  vi.stubEnv('SOURCE_LENGTHS', '10-12');
  vi.stubEnv('SOURCE_CHECK_DIGIT', 'none');
  await startUnder('sixteen-digits');
  for (const text of ['0123456789', '012345678901', TOKEN]) {
    expect(redactCardNumbers(`account ${text}.`)).toBe('account [masked number].');
  }
  expect(redactCardNumbers('account 0123456789012.')).toBe('account 0123456789012.');
});

test('several forms of numbers are masked, each by its lengths, check digit and starts', () => {
  configureMasks([
    { lengths: [10, 12], checkDigit: 'any' },
    { lengths: [8], checkDigit: 'must-pass', forbiddenStarts: [{ from: '1', to: '3' }] },
  ]);
  const masked = ['0123456789', '112233445566', '42345678'];
  const kept = ['123456789', '01234567891', '42345679', '12345674', '1234567890123456'];
  for (const text of masked) expect(redactCardNumbers(`account ${text}.`)).toBe('account [masked number].');
  for (const text of kept) expect(redactCardNumbers(`account ${text}.`)).toBe(`account ${text}.`);
  // A count or a time is a number, and account numbers are texts.
  expect(redactedLogValue('count', 1_234_567_890)).toBe(1_234_567_890);
});

test('tokens with other characters have a form of digits if they are as short as a source', () => {
  const urlSafe = profileNamed('simulator').namespaces.ns1.token;
  expect(digitFormOfTokens(urlSafe)).toBeNull();
  expect(digitFormOfTokens({ ...urlSafe, shortest: 4, longest: 7 })).toBeNull();
  expect(digitFormOfTokens({ ...urlSafe, shortest: 16, longest: 16 })?.lengths).toEqual([16]);
  expect(digitFormOfTokens({ ...urlSafe, shortest: 18, longest: 64 })?.lengths).toEqual([18, 19]);
  expect(digitFormOfTokens({ ...urlSafe, shortest: 4, longest: 9 })?.lengths).toEqual([8, 9]);
  expect(digitFormOfTokens({ ...profileNamed('uat').namespaces.ns1.token, longest: 18 })?.lengths).toEqual([
    16, 17, 18,
  ]);
});
