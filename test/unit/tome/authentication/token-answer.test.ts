import { expect, test } from 'vitest';
import { readTokenAnswer, readTokenError } from '../../../../lambdas/tome/client/authentication/token-answer.ts';

const answerWith = (changes: object): string =>
  JSON.stringify({ access_token: 'a.token~of+this/server==', token_type: 'Bearer', expires_in: 3_600, ...changes });

test('an answer has a token and its lifetime', () => {
  expect(readTokenAnswer(answerWith({}))).toEqual({ token: 'a.token~of+this/server==', lifetimeMs: 3_600_000 });
});

test.each<[unknown, number]>([
  [60, 60],
  [0.5, 0.5],
  ['3599', 3_599],
  [1e12, 86_400],
  ['9999999999', 86_400],
  [undefined, 300],
  [null, 300],
  [0, 300],
  [-5, 300],
  ['soon', 300],
  ['-5', 300],
  ['1e3', 300],
  [{}, 300],
  [true, 300],
])('with expires_in %j the token is used for %d seconds', (expires_in, seconds) => {
  expect(readTokenAnswer(answerWith({ expires_in }))?.lifetimeMs).toBe(seconds * 1_000);
});

test.each(['bearer', 'BEARER'])('the type of a token may be written %s', (token_type) => {
  expect(readTokenAnswer(answerWith({ token_type }))).not.toBeNull();
});

test.each<[string, string]>([
  ['a page', '<html>sign in</html>'],
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['truncated JSON', answerWith({}).slice(0, -5)],
  ['no token', answerWith({ access_token: undefined })],
  ['an empty token', answerWith({ access_token: '' })],
  ['a token that is a number', answerWith({ access_token: 5 })],
  ['a token with a line break', answerWith({ access_token: 'a\r\nx-lane: live' })],
  ['a token with a space', answerWith({ access_token: 'a b' })],
  ['a token that is too long for a header', answerWith({ access_token: 'x'.repeat(8_001) })],
  ['another type', answerWith({ token_type: 'mac' })],
  ['no type', answerWith({ token_type: undefined })],
])('an answer with %s has no usable token', (_what, text) => {
  expect(readTokenAnswer(text)).toBeNull();
});

test('only an error code of the standard is read from a refusal', () => {
  expect(readTokenError('{"error":"invalid_client","error_description":"secret s3cret"}')).toBe('invalid_client');
  expect(readTokenError('{"error":"secret s3cret"}')).toBeNull();
  expect(readTokenError('<html>')).toBeNull();
});
