import { expect, test } from 'vitest';
import { CARD_NUMBERS, mayContainSource, type SourceForm } from '../../../lambdas/tokenization/model/source-form.ts';
import { hasForm, type TokenForms } from '../../../lambdas/tokenization/model/token-form.ts';
import { mayHideCardNumber, readPrefetched } from '../../../lambdas/tome/client/prefetched-tokens.ts';
import { tokenFormsOf } from '../../../lambdas/tome/profile/tome-profile.ts';
import { profileNamed, simulatorForms } from '../../support/tome-profiles.ts';

const CARD = '4111111111111111';

const read = (forms: TokenForms, ...tokens: readonly string[]) => readIn(CARD_NUMBERS, forms, ...tokens);

const readIn = (sources: SourceForm, forms: TokenForms, ...tokens: readonly string[]) =>
  readPrefetched(
    tokens.map((token) => ({ token })),
    {
      readToken: (text) => (hasForm(text, forms.internalToken) ? text : null),
      hidesCardNumber: (token) => mayHideCardNumber(token, forms),
      mayContainSource: (text) => mayContainSource(text, sources),
    },
    null,
  );

test('an internal token of 16 digits is kept as a token where the profile tells it apart by knowledge', () => {
  const forms = tokenFormsOf(profileNamed('sixteen-digits'));
  expect(read(forms, CARD, '9000000000000009')).toEqual({
    tokens: [
      { token: CARD, expiresAt: null },
      { token: '9000000000000009', expiresAt: null },
    ],
    unusable: [],
  });
  const longer = { ...forms, internalToken: { ...forms.internalToken, shortest: 24, longest: 24 } };
  expect(read(longer, `${CARD}00000000`).unusable).toEqual([]);
  const anyText = { ...forms, internalToken: { ...forms.internalToken, alphabet: 'url-safe' as const, longest: 32 } };
  expect(read(anyText, CARD).unusable).toEqual([]);
  expect(read(anyText, `it_${CARD}`).unusable).toEqual([{ kept: null, fault: 'card-number' }]);
});

test('an internal token of another alphabet is set aside when it has as many digits in a row as a card number', () => {
  expect(read(simulatorForms, `it_${CARD}_abcdef`, `${CARD}${CARD}`, 'it_abcdefghijklmnopqrst')).toEqual({
    tokens: [{ token: 'it_abcdefghijklmnopqrst', expiresAt: null }],
    unusable: [
      { kept: null, fault: 'card-number' },
      { kept: null, fault: 'card-number' },
    ],
  });
});

test('in an account domain an unusable text with eight digits is only counted, because it could be an account', () => {
  const accounts: SourceForm = { kind: 'account-number', lengths: [10, 12], checkDigit: 'none' };
  const texts = ['0012345678', '0012 345678', '12-34-56-78', 'token', 'x1234567'];
  const kept = (form: SourceForm) => readIn(form, simulatorForms, ...texts).unusable.map((one) => one.kept);
  expect(kept(accounts)).toEqual([null, null, null, 'token', 'x1234567']);
  expect(kept(CARD_NUMBERS)).toEqual(['0012345678', null, '12-34-56-78', 'token', 'x1234567']);
});

test('an unusable text that could be a card number is only counted in every domain', () => {
  const texts = [CARD, '4111-1111-1111-1111', `${CARD}0000`, '4111111111111112', 'odd'];
  const { unusable } = read(simulatorForms, ...texts);
  expect(unusable.map(({ kept }) => kept)).toEqual([null, null, null, '4111111111111112', 'odd']);
});
