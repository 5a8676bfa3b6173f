import { expect, test } from 'vitest';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { profileText } from '../../support/tome-profiles.ts';

const ONE_OF_THREE = 'exactly one of DATABASE_URL, DATABASE_SECRET_ID and DATABASE_USER must be set';

test.each([
  [{}, ONE_OF_THREE],
  [{ DATABASE_URL: 'postgres://a', DATABASE_SECRET_ID: 'b' }, ONE_OF_THREE],
  [{ DATABASE_HOST: 'a' }, ONE_OF_THREE],
  [{ DATABASE_URL: 'postgres://a', DATABASE_USER: 'b' }, ONE_OF_THREE],
  [{ DATABASE_USER: 'b' }, 'DATABASE_HOST must be set with DATABASE_USER'],
  [{ DATABASE_URL: 'mysql://a' }, 'DATABASE_URL must be a postgres:// or postgresql:// URL'],
])('the database settings %j are refused with the sentence %j', (environment, sentence) => {
  expect(() => readSettings(['database'], environment)).toThrow(sentence);
});

test.each([
  { DATABASE_URL: 'postgres://a' },
  { DATABASE_SECRET_ID: 'a' },
  { DATABASE_SECRET_ID: 'a', DATABASE_HOST: 'b' },
  { DATABASE_HOST: 'a', DATABASE_USER: 'b' },
])('the database settings %j are accepted', (environment) => {
  expect(readSettings(['database'], environment)).toMatchObject(environment);
});

test.each([{}, { IDEMPOTENCY_HMAC_SECRET: 'x'.repeat(32), IDEMPOTENCY_HMAC_SECRET_ID: 'a' }])(
  'the idempotency settings %j are refused, because exactly one source of the key must be set',
  (environment) => {
    expect(() => readSettings(['idempotency'], environment)).toThrow('exactly one of IDEMPOTENCY_HMAC_SECRET');
  },
);

test('the error about a setting does not quote its value, which may be a secret', () => {
  expect(() => readSettings(['idempotency'], { IDEMPOTENCY_HMAC_SECRET: 'too-short' })).not.toThrow('too-short');
});

test('an attempt timeout above twice the request deadline is refused, because no breaker would open', () => {
  const settings = { TOME_URL: 'http://tome', TOME_ATTEMPT_TIMEOUT_MS: '20000', REQUEST_DEADLINE_MS: '5000' };
  expect(() => readSettings(['request', 'tome'], settings)).toThrow('or no breaker would ever open');
});

test('bulk tokenize cannot be used with a profile of a TOME that has no bulk calls', () => {
  const settings = { TOME_URL: 'http://tome', PREFETCH_BULK_TOKENIZE: 'true' };
  expect(() => readSettings(['domain', 'tome', 'prefetch'], settings)).toThrow(
    'PREFETCH_BULK_TOKENIZE must be false, because TOME_PROFILE has no bulkItems',
  );
  const TOME_PROFILE = profileText({ bulkItems: 100 });
  expect(readSettings(['domain', 'tome', 'prefetch'], { ...settings, TOME_PROFILE })).toMatchObject({
    PREFETCH_BULK_TOKENIZE: true,
  });
});

test.each([
  ['http://localhost:99999', 'TOME_URL must have a host name and a port from 1 to 65535'],
  ['http://localhost:0', 'TOME_URL must have a port from 1 to 65535'],
  ['http://[::1', 'TOME_URL must have a host name and a port'],
  ['http://256.1.1.1', 'TOME_URL must have a host name and a port'],
  ['http:///tome', 'TOME_URL must be an http or https URL'],
  ['http:tome', 'TOME_URL must be an http or https URL'],
  ['http:\\\\tome', 'TOME_URL must be an http or https URL'],
  ['ftp://tome', 'TOME_URL must be an http or https URL'],
  ['tome', 'TOME_URL must be an http or https URL'],
  ['http://to me', 'TOME_URL must be an http or https URL'],
  ['http://tome/a\\b', 'TOME_URL must be an http or https URL'],
  ['http://a..b', 'TOME_URL must have a host name'],
  ['http://secret:password@tome', 'TOME_URL must have no user name and no password'],
  ['http://secret@tome', 'TOME_URL must have no user name and no password'],
  ['https://tome/base?tenant=secret', 'TOME_URL must have no query'],
  ['https://tome/base?', 'TOME_URL must have no query'],
  ['https://tome/#secret', 'TOME_URL must have no fragment'],
  ['https://tome/100%', 'TOME_URL must have % written as %25'],
])('the TOME address %s is refused at start, because no client could use it', (TOME_URL, sentence) => {
  expect(() => readSettings(['tome'], { TOME_URL })).toThrow(sentence);
  expect(() => readSettings(['tome'], { TOME_URL })).not.toThrow('secret');
});

test('the error about an address names all of its faults', () => {
  const TOME_URL = 'https://secret:password@tome:0/?a#b';
  for (const sentence of ['no user name', 'port from 1', 'no query', 'no fragment']) {
    expect(() => readSettings(['tome'], { TOME_URL })).toThrow(sentence);
  }
});

test.each(['http://tome', 'https://tome.internal:8443/base/', 'http://[::1]:3000', 'http://127.0.0.1:3000'])(
  'the TOME address %s is accepted',
  (TOME_URL) => {
    expect(readSettings(['tome'], { TOME_URL })).toMatchObject({ TOME_URL });
  },
);

test.each([
  ['postgres://pool:pass#word@db/pool', 'DATABASE_URL must have'],
  ['postgres://pool:100%@db/pool', 'DATABASE_URL must have % written as %25'],
  ['postgres:///pool', 'DATABASE_URL must be a postgres:// or postgresql:// URL'],
  ['postgres://db:70000/pool', 'DATABASE_URL must have a host name and a port'],
])('the database address %s is refused at start', (DATABASE_URL, sentence) => {
  expect(() => readSettings(['database'], { DATABASE_URL })).toThrow(sentence);
});

test('a database URL may contain credentials and options, and a queue URL a path', () => {
  const DATABASE_URL = 'postgresql://pool:p%23ss@db:5433/pool?sslmode=require';
  expect(readSettings(['database'], { DATABASE_URL })).toMatchObject({ DATABASE_URL });
  const EVENT_QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/events';
  expect(readSettings(['relay'], { EVENT_QUEUE_URL })).toMatchObject({ EVENT_QUEUE_URL });
  expect(() => readSettings(['relay'], { EVENT_QUEUE_URL: 'https://a:b@sqs/q' })).toThrow('EVENT_QUEUE_URL must have');
});

test.each([
  ['must-pass', 'must-fail'],
  ['must-fail', 'must-pass'],
] as const)("REFERENCE_LUHN must not contradict TOME's check digit %s", (checkDigit, REFERENCE_LUHN) => {
  const TOME_PROFILE = profileText({
    namespaces: {
      ns1: { name: 'ns1', token: { alphabet: 'url-safe', shortest: 20, longest: 64 } },
      ns2: { name: 'ns2', token: { alphabet: 'digits', shortest: 16, longest: 16, checkDigit } },
    },
  });
  const sentence = `REFERENCE_LUHN must be any or ${checkDigit}, because`;
  expect(() => readSettings(['domain'], { TOME_PROFILE, REFERENCE_LUHN })).toThrow(sentence);
  for (const policy of ['any', checkDigit]) {
    expect(() => readSettings(['domain'], { TOME_PROFILE, REFERENCE_LUHN: policy })).not.toThrow();
  }
});
