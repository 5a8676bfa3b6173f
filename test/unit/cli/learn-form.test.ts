import { expect, test } from 'vitest';
import { askForms } from '../../../scripts/cli/probe/ask-forms.ts';
import { learnForm } from '../../../scripts/cli/probe/learn-form.ts';

/** Texts of 16 digits with these first digits and any check digit. */
const digits = (starts: string, count = 100): string[] =>
  Array.from({ length: count }, (_, index) => `${starts[index % starts.length]}${String(index).padStart(15, '0')}`);

const letters = (length: number): string[] =>
  Array.from({ length: 100 }, (_, index) => `${index}_`.padEnd(length, 'a'));

test.each([
  ['0123456789', []],
  ['1289', ['0', '3-7']],
  ['9', ['0-8']],
  ['0', ['1-9']],
  ['12689', ['0', '3-5', '7']],
])('tokens that start with one of %s show which first digits are forbidden', (starts, forbiddenStarts) => {
  expect(learnForm(digits(starts))?.form).toEqual({
    alphabet: 'digits',
    shortest: 16,
    longest: 16,
    forbiddenStarts,
    checkDigit: 'any',
  });
});

test('the description says how many tokens show it', () => {
  expect(learnForm(digits('1289'))?.description).toContain('100 tokens: 16 digits; none starts with 0, 3, 4, 5, 6, 7');
});

test.each([
  ['0000000000000000', 'must-pass'],
  ['0000000000000001', 'must-fail'],
])('tokens such as %s show the check digit %s', (token, checkDigit) => {
  expect(learnForm([token])?.form.checkDigit).toBe(checkDigit);
});

test.each([
  [28, { shortest: 20, longest: 64 }],
  [12, { shortest: 12, longest: 64 }],
])('tokens of %i letters and digits may have other lengths too', (length, lengths) => {
  expect(learnForm(letters(length))?.form).toEqual({ alphabet: 'url-safe', ...lengths });
});

test.each([
  ['no token', []],
  ['a token that is too short', ['1234567']],
  ['a token that is too long', ['1'.repeat(65)]],
  ['a token with other characters', ['token with spaces']],
])('%s shows no form', (_what, tokens) => {
  expect(learnForm(tokens)).toBeNull();
});

const linesOf = (internalTokens: string[], references: string[]) =>
  Object.assign({}, ...askForms(internalTokens, references).map(({ lines }) => lines));

test('the forms tell internal tokens and references apart, or knowledge does', () => {
  expect(linesOf(letters(28), digits('1289')).toldApart).toBe('by-form');
  expect(linesOf(digits('9'), digits('128')).toldApart).toBe('by-knowledge');
  expect(linesOf(digits('1289'), digits('1289')).toldApart).toBe('by-knowledge');
});

test('references of other lengths forbid the use of a TOME', () => {
  const forbidding = askForms(letters(28), letters(16)).filter(({ isForbidding }) => isForbidding);
  expect(forbidding.map(({ question }) => question)).toEqual(['what references look like']);
});
