import { expect, test } from 'vitest';
import { hasForm, type TokenForms } from '../../../lambdas/tokenization/model/token-form.ts';
import { mayHideCardNumber, readPrefetched } from '../../../lambdas/tome/client/prefetched-tokens.ts';
import { tokenFormsOf } from '../../../lambdas/tome/profile/tome-profile.ts';
import { profileNamed, simulatorForms } from '../../support/tome-profiles.ts';

const CARD = '4111111111111111';

const read = (forms: TokenForms, ...tokens: readonly string[]) =>
  readPrefetched(
    tokens.map((token) => ({ token })),
    {
      readToken: (text) => (hasForm(text, forms.internalToken) ? text : null),
      hidesCardNumber: (token) => mayHideCardNumber(token, forms),
    },
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
