import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import { passesLuhn } from '../../../lambdas/tokenization/model/luhn.ts';
import { findFormatFault, REFERENCE_FORMATS } from '../../../lambdas/tokenization/model/reference-format.ts';
import { hasForm } from '../../../lambdas/tokenization/model/token-form.ts';
import { tokenFormsOf } from '../../../lambdas/tome/profile/tome-profile.ts';
import { profileNamed, simulatorForms, simulatorProfile } from '../../support/tome-profiles.ts';

test.each([
  ['0', 'both lists'],
  ['3', 'American Express'],
  ['4', 'Visa'],
  ['5', 'Mastercard'],
  ['6', 'Discover'],
  ['7', 'one of the lists'],
  ['1800', 'JCB'],
  ['2131', 'JCB'],
  ['2200', 'Mir, first'],
  ['2204', 'Mir, last'],
  ['2221', 'Mastercard 2-series, first'],
  ['2500', 'Mastercard 2-series'],
  ['2720', 'Mastercard 2-series, last'],
  ['81', 'UnionPay'],
  ['82', 'RuPay'],
  ['1946', 'GPN'],
  ['2205', 'Borica'],
  ['286900', 'Carnet'],
  ['8600', 'UzCard'],
  ['9112', 'Belkart'],
  ['9682', 'mada'],
  ['9704', 'Napas'],
  ['9792', 'Troy'],
  ['9860', 'Humo'],
])('a reference cannot start with %s (%s)', (prefix) => {
  expect(findFormatFault(prefix.padEnd(16, '1'), 'any')).toBe('card-network-prefix');
});

test.each(['1799', '1801', '2130', '2132', '2199', '2206', '2220', '2721', '80', '83', '9791', '9793', '10', '99'])(
  'a reference can start with %s, just outside a network',
  (prefix) => {
    expect(findFormatFault(prefix.padEnd(16, '1'), 'any')).toBeNull();
  },
);

test('the forbidden ranges of each version do not change', () => {
  const frozen = REFERENCE_FORMATS.map(({ version, forbidden }) => ({
    version,
    forbidden: [...new Set(forbidden.map(({ from, to }) => (from === to ? from : `${from}-${to}`)))].sort().join(' '),
  }));
  expect(frozen).toEqual([
    { version: 1, forbidden: '0 1800 2131 2200-2204 2221-2720 3 4 5 6 7 81 9792' },
    {
      version: 2,
      forbidden:
        '0 170019 1800 1946 207177 2131 2200-2204 2205 2221-2720 286900 3 4 5 6 7 81 81-82 8600 903769 9051 9112 ' +
        '9417 9682 9704 9762 9792 9860 9891 991975',
    },
  ]);
});

test('a later version forbids every reference that version 1 forbids', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{16}$/), (text) => {
      const [first, ...later] = REFERENCE_FORMATS.map((format) => findFormatFault(text, 'any', format));
      if (first !== null) expect(later.every((fault) => fault !== null)).toBe(true);
    }),
    { seed: 8, numRuns: 5_000 },
  );
});

test('a reference of version 1 stays readable when a later version forbids its prefix', () => {
  for (const prefix of ['82', '8600', '9860', '9704', '2205']) {
    const reference = prefix.padEnd(16, '1');
    expect(findFormatFault(reference, 'any')).toBe('card-network-prefix');
    expect(parseCardReference(reference, simulatorForms)).toBe(reference);
  }
});

test('the Luhn policy decides which of two references is acceptable', () => {
  const right = Array.from({ length: 10 }, (_, digit) => `910000000000001${digit}`).find(passesLuhn) as string;
  const wrong = right.slice(0, 15) + ((Number(right[15]) + 1) % 10);
  expect([findFormatFault(right, 'must-fail'), findFormatFault(wrong, 'must-fail')]).toEqual(['check-digit', null]);
  expect([findFormatFault(right, 'must-pass'), findFormatFault(wrong, 'must-pass')]).toEqual([null, 'check-digit']);
  expect([findFormatFault(right, 'any'), findFormatFault(wrong, 'any')]).toEqual([null, null]);
});

test.each(['', '123', '91000000000000011', '91000000000000 1', '910000000000000a'])('%j is not a reference', (text) => {
  expect(findFormatFault(text, 'any')).toBe('not-16-digits');
});

test('no reference and no card number is an internal token of the default profile', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{13,19}$/), (digits) => {
      expect(hasForm(digits, simulatorProfile.namespaces.ns1.token)).toBe(false);
    }),
  );
});

test('a text of another length is refused where a reference is expected, and the error does not quote it', () => {
  for (const text of ['378282246310005', '6304000000000000018', '41111111 11111111', '']) {
    expect(() => parseCardReference(text, simulatorForms)).toThrow(
      /^cardReferenceId must be a 16-digit card reference$/,
    );
  }
});

test('a reference that starts like a card number can be read, because NS2 may have bound it', () => {
  for (const text of ['4111111111111111', '5555555555554444', '0000000000000000']) {
    expect(findFormatFault(text, 'any')).toBe('card-network-prefix');
    expect(parseCardReference(text, simulatorForms)).toBe(text);
  }
});

test('a text that only an internal token can be is refused where a reference is expected', () => {
  const forms = tokenFormsOf(profileNamed('uat'));
  const [passing, failing] = ['9000000000000001', '9000000000000009'];
  expect([passing, failing].map((text) => hasForm(text, forms.internalToken))).toEqual([false, true]);
  expect(() => parseCardReference(failing, forms)).toThrow(/^cardReferenceId must be a 16-digit card reference$/);
  // By knowledge, the form decides nothing: the database and TOME do.
  expect(parseCardReference(failing, tokenFormsOf(profileNamed('sixteen-digits')))).toBe(failing);
  expect(parseCardReference('1000000000000009', forms)).toBe('1000000000000009');
});
