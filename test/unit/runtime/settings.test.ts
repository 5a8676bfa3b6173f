import { expect, test } from 'vitest';
import { readSettings } from '../../../lambdas/runtime/settings.ts';

const ONE_WAY = 'exactly one of DATABASE_URL, DATABASE_SECRET_ID and DATABASE_USER must be set';

test.each([
  [{}, ONE_WAY],
  [{ DATABASE_URL: 'postgres://a', DATABASE_SECRET_ID: 'b' }, ONE_WAY],
  [{ DATABASE_HOST: 'a' }, ONE_WAY],
  [{ DATABASE_URL: 'postgres://a', DATABASE_USER: 'b' }, ONE_WAY],
  [{ DATABASE_USER: 'b' }, 'DATABASE_HOST must be set with DATABASE_USER'],
  [{ DATABASE_URL: 'mysql://a' }, 'DATABASE_URL must be a postgres:// or postgresql:// URL'],
])('a database that is named %j is refused in a sentence', (environment, sentence) => {
  expect(() => readSettings(['database'], environment)).toThrow(sentence);
});

test.each([
  { DATABASE_URL: 'postgres://a' },
  { DATABASE_SECRET_ID: 'a' },
  { DATABASE_SECRET_ID: 'a', DATABASE_HOST: 'b' },
  { DATABASE_HOST: 'a', DATABASE_USER: 'b' },
])('a database can be named by %j', (environment) => {
  expect(readSettings(['database'], environment)).toMatchObject(environment);
});

test.each([{}, { IDEMPOTENCY_HMAC_SECRET: 'x'.repeat(32), IDEMPOTENCY_HMAC_SECRET_ID: 'a' }])(
  'the key of the hashes comes from one place only (%j)',
  (environment) => {
    expect(() => readSettings(['idempotency'], environment)).toThrow('exactly one of IDEMPOTENCY_HMAC_SECRET');
  },
);

test('a fault never quotes what was set, which may be a secret', () => {
  expect(() => readSettings(['idempotency'], { IDEMPOTENCY_HMAC_SECRET: 'too-short' })).not.toThrow('too-short');
});

test('a TOME that may be waited for much longer than a request lasts could never open its breaker, and is refused', () => {
  const settings = { TOME_URL: 'http://tome', TOME_ATTEMPT_TIMEOUT_MS: '20000', REQUEST_DEADLINE_MS: '5000' };
  expect(() => readSettings(['request', 'tome'], settings)).toThrow('or no breaker would ever open');
});
