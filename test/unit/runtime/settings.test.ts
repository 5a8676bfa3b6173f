import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { createAuthority, createCertificate } from '../../support/test-certificates.ts';
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

describe('the secrets of TOME are given exactly when the profile asks for them', () => {
  const SECRET = 'hunter2';
  const CERTIFICATE = JSON.stringify(createCertificate('client', createAuthority('authority')));
  const OTHER_KEY = JSON.stringify({
    certificate: createCertificate('client', createAuthority('authority')).certificate,
    privateKey: createCertificate('client', createAuthority('authority')).privateKey,
  });
  const IDENTITY = JSON.stringify({ clientId: 'card', clientSecret: SECRET });
  const mutual = profileText({ clientCertificate: true });
  const signed = profileText({ authentication: { kind: 'sigv4', service: 'execute-api', region: 'eu-central-1' } });

  test.each<[string, Record<string, string>]>([
    ['simulator', {}],
    [signed, {}],
    ['uat', { TOME_CREDENTIAL: SECRET }],
    ['uat', { TOME_CREDENTIAL: 'a key with spaces' }],
    ['uat', { TOME_CREDENTIAL_SECRET_ID: 'card/tome' }],
    ['sixteen-digits', { TOME_CREDENTIAL: IDENTITY }],
    ['sixteen-digits', { TOME_CREDENTIAL_SECRET_ID: 'card/tome' }],
    [mutual, { TOME_CLIENT_CERTIFICATE: CERTIFICATE }],
    [mutual, { TOME_CLIENT_CERTIFICATE_SECRET_ID: 'card/tome' }],
  ])('accepted: %s with %j', (TOME_PROFILE, variables) => {
    const environment = { TOME_URL: 'https://tome', TOME_PROFILE, ...variables };
    expect(readSettings(['domain', 'tome'], environment)).toMatchObject(variables);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'uat',
      {},
      'TOME_CREDENTIAL_SECRET_ID or TOME_CREDENTIAL must be set, because TOME_PROFILE has the authentication header',
    ],
    ['sixteen-digits', { TOME_CREDENTIAL: '' }, 'TOME_CREDENTIAL_SECRET_ID or TOME_CREDENTIAL must be set, because'],
    [
      'uat',
      { TOME_CREDENTIAL: SECRET, TOME_CREDENTIAL_SECRET_ID: 'card/tome' },
      'only one of TOME_CREDENTIAL and TOME_CREDENTIAL_SECRET_ID must be set',
    ],
    [
      'simulator',
      { TOME_CREDENTIAL: SECRET },
      'TOME_CREDENTIAL must not be set, because TOME_PROFILE has the authentication none',
    ],
    [
      signed,
      { TOME_CREDENTIAL_SECRET_ID: 'card/tome' },
      'TOME_CREDENTIAL_SECRET_ID must not be set, because TOME_PROFILE has the authentication sigv4',
    ],
    ['uat', { TOME_CREDENTIAL: `${SECRET}\n` }, 'TOME_CREDENTIAL must be printable ASCII characters without spaces'],
    ['uat', { TOME_CREDENTIAL: `${SECRET}\r\nx-lane: live` }, 'TOME_CREDENTIAL must be printable ASCII'],
    ['sixteen-digits', { TOME_CREDENTIAL: SECRET }, 'TOME_CREDENTIAL must be JSON with the texts clientId'],
    ['sixteen-digits', { TOME_CREDENTIAL: `{"clientId":"${SECRET}"}` }, 'TOME_CREDENTIAL must be JSON with'],
    [mutual, {}, 'TOME_CLIENT_CERTIFICATE_SECRET_ID or TOME_CLIENT_CERTIFICATE must be set'],
    [
      mutual,
      { TOME_CLIENT_CERTIFICATE: CERTIFICATE, TOME_CLIENT_CERTIFICATE_SECRET_ID: 'card/tome' },
      'only one of TOME_CLIENT_CERTIFICATE and TOME_CLIENT_CERTIFICATE_SECRET_ID must be set',
    ],
    [
      'simulator',
      { TOME_CLIENT_CERTIFICATE_SECRET_ID: 'card/tome' },
      'must not be set, because TOME_PROFILE has clientCertificate false',
    ],
    [mutual, { TOME_CLIENT_CERTIFICATE: SECRET }, 'TOME_CLIENT_CERTIFICATE must be JSON with certificate'],
    [
      mutual,
      { TOME_CLIENT_CERTIFICATE: OTHER_KEY },
      'TOME_CLIENT_CERTIFICATE must be JSON with certificate, its privateKey',
    ],
  ])('refused: %s with %j', (TOME_PROFILE, variables, sentence) => {
    const read = () => readSettings(['domain', 'tome'], { TOME_URL: 'https://tome', TOME_PROFILE, ...variables });
    expect(read).toThrow(sentence);
    expect(read).not.toThrow(SECRET);
  });
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
