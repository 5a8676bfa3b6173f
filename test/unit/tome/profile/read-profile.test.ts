import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../../lambdas/runtime/settings.ts';
import { readTomeProfile } from '../../../../lambdas/tome/profile/read-profile.ts';
import { SHIPPED_PROFILES } from '../../../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';

const usable: WrittenProfile = {
  name: 'mine',
  namespaces: {
    ns1: { name: 'Inside', token: { alphabet: 'url-safe', shortest: 20, longest: 64 } },
    ns2: { name: 'Outside', token: { alphabet: 'digits', shortest: 16, longest: 16 } },
  },
  limits: { callsPerSecond: 100, scope: 'all', tokensPerPrefetch: 500 },
};
const digits = { alphabet: 'digits', shortest: 16, longest: 16 } as const;

const faultsOf = (changes: object): readonly string[] => {
  const read = readTomeProfile(JSON.stringify({ ...usable, ...changes }));
  return 'faults' in read ? read.faults : [];
};
const withInternalToken = (token: object, changes: object = {}): readonly string[] =>
  faultsOf({ namespaces: { ...usable.namespaces, ns1: { name: 'Inside', token } }, ...changes });

test.each(Object.keys(SHIPPED_PROFILES))('the shipped profile %s can be used by its name', (name) => {
  expect(readTomeProfile(name)).toMatchObject({ profile: { name } });
});

test('a profile can be written as JSON, and lines with a default can be left out', () => {
  expect(readTomeProfile(JSON.stringify(usable))).toMatchObject({
    profile: { name: 'mine', authentication: { kind: 'none' }, answersShow: 'request-id', bulkItems: null },
  });
});

describe('a profile that cannot be used is refused with one sentence for each fault', () => {
  test.each(['', 'nowhere', '__proto__', 'constructor'])('a name that no shipped profile has: %j', (name) => {
    expect(readTomeProfile(name)).toEqual({
      faults: ['must be one of simulator, uat, sixteen-digits, or the JSON of a profile (docs/tome.md)'],
    });
  });

  test('a text that is not JSON', () => {
    expect(readTomeProfile('{"name": ')).toEqual({ faults: ['must be valid JSON'] });
  });

  test('a key that no line has', () => {
    expect(faultsOf({ retries: 3, limits: { ...usable.limits, perMinute: 5 } })).toEqual([
      'limits.perMinute is not a line of a profile',
      'retries is not a line of a profile',
    ]);
  });

  test('internal tokens and references of the same form', () => {
    expect(withInternalToken({ ...digits, checkDigit: 'must-fail' })).toEqual([
      'namespaces.ns1.token and namespaces.ns2.token overlap: forbid different starts, or set toldApart to by-knowledge',
    ]);
  });

  test('internal tokens that look like card numbers', () => {
    expect(withInternalToken({ ...digits, shortest: 15, longest: 15 })).toEqual([
      'namespaces.ns1.token can look like a card number: forbid these starts, or set toldApart to by-knowledge',
    ]);
  });

  test('references of another length than the API promises', () => {
    const ns2 = { name: 'Outside', token: { ...digits, longest: 17 } };
    expect(faultsOf({ namespaces: { ...usable.namespaces, ns2 } })).toEqual([
      'namespaces.ns2.token must be 16 digits, because a card reference is',
    ]);
  });

  test.each([
    ['https://tome.example', 'https://tome.example/'],
    ['https://tome.example/a', 'https://TOME.example/a/'],
    ['https://tome.example', 'https://tome.example:443'],
    ['http://tome.example:80/', 'http://tome.example'],
  ])('the addresses %s and %s, which are the same', (first, second) => {
    const { ns1, ns2 } = usable.namespaces;
    const namespaces = { ns1: { ...ns1, url: first }, ns2: { ...ns2, url: second } };
    expect(faultsOf({ path: '/{operation}', namespaces })).toEqual([
      'namespaces.ns1 and namespaces.ns2 have the same address: give them different names or URLs',
    ]);
    expect(faultsOf({ namespaces })).toEqual([]);
    const apart = { ...namespaces, ns2: { ...ns2, url: `${second}/b` } };
    expect(faultsOf({ path: '/{operation}', namespaces: apart })).toEqual([]);
  });

  test('a client certificate for a namespace at an http address', () => {
    const { ns1, ns2 } = usable.namespaces;
    const namespaces = { ns1: { ...ns1, url: 'http://localhost:1' }, ns2: { ...ns2, url: 'https://localhost:1' } };
    expect(faultsOf({ namespaces, clientCertificate: true })).toEqual([
      'namespaces.ns1.url must be an https URL, because clientCertificate is true',
    ]);
    expect(faultsOf({ namespaces })).toEqual([]);
  });

  test('references whose shortest length is above their longest', () => {
    const { ns1 } = usable.namespaces;
    expect(faultsOf({ namespaces: { ns1, ns2: { name: 'Outside', token: { ...digits, shortest: 17 } } } })).toEqual([
      'namespaces.ns2.token must be 16 digits, because a card reference is',
    ]);
  });

  test.each([
    [{ ...usable.namespaces.ns1.token, shortest: 65 }, 'shortest must be a whole number from 8 to 64'],
    [{ ...usable.namespaces.ns1.token, longest: 19 }, 'shortest must not be above longest'],
    [{ ...usable.namespaces.ns1.token, checkDigit: 'must-fail' }, 'checkDigit must be any unless alphabet is digits'],
    [
      { ...usable.namespaces.ns1.token, forbiddenStarts: ['5-4'] },
      'forbiddenStarts 5-4 must have two ends of equal length in order',
    ],
  ])('internal tokens of the form %j', (token, fault) => {
    expect(withInternalToken(token)).toEqual([`namespaces.ns1.token.${fault}`]);
  });

  test('references with letters, which are not also compared with internal tokens', () => {
    const { ns1 } = usable.namespaces;
    expect(faultsOf({ namespaces: { ns1, ns2: { name: 'Outside', token: ns1.token } } })).toEqual([
      'namespaces.ns2.token must be 16 digits, because a card reference is',
    ]);
  });

  test('lines without an answer', () => {
    expect(faultsOf({ unknown: ['limits.scope'] })).toEqual([
      'limits.scope is marked as unknown: ask the owners of TOME (docs/onboarding.md)',
    ]);
  });

  test.each([
    [
      { path: '/v1/{operation}' },
      'namespaces.ns1 and namespaces.ns2 have the same address: give them different names or URLs',
    ],
    [{ path: '/v1/{namespace}' }, 'path must contain {operation}'],
    [
      { path: 'v1/{namespace}/{operation}?x' },
      'path must start with / and have letters, digits, . _ ~ -, {namespace} and {operation} only',
    ],
    [
      { headers: { requestId: 'host', correlationId: 'x-trace', lane: null } },
      'headers.requestId must not be host, which has another meaning',
    ],
    [{ headers: { requestId: 'x-id', correlationId: 'x-id', lane: null } }, 'headers must have different names'],
    [
      { authentication: { kind: 'oauth2', tokenUrl: 'token' } },
      'authentication.tokenUrl must be an http or https URL, or a path that starts with /',
    ],
    [{ limits: { ...usable.limits, scope: 'host' } }, 'limits.scope must be one of endpoint, namespace, all'],
    [
      { limits: { ...usable.limits, tokensPerPrefetch: 5_001 } },
      'limits.tokensPerPrefetch must be a whole number from 1 to 5000',
    ],
  ])('%j', (changes, fault) => {
    expect(faultsOf(changes)).toEqual([fault]);
  });

  test.each(['accept', 'connection', 'content-length', 'content-type', 'host', 'proxy-authorization', 'te'])(
    'the header %s for the credential',
    (header) => {
      expect(faultsOf({ authentication: { kind: 'header', header } })).toEqual([
        `authentication.header must not be ${header}, which has another meaning`,
      ]);
    },
  );

  test.each([
    ...['authorization', 'connection', 'expect', 'host', 'keep-alive', 'proxy-connection', 'te', 'trailer'],
    ...['transfer-encoding', 'upgrade'],
  ])('the header %s for an id of the request', (name) => {
    for (const line of ['requestId', 'correlationId', 'lane']) {
      const headers = { requestId: 'x-id', correlationId: 'x-trace', lane: null, [line]: name };
      expect(faultsOf({ headers })).toEqual([`headers.${line} must not be ${name}, which has another meaning`]);
    }
  });

  test.each([
    [{ kind: 'header', header: 'x-api-key', prefix: 'Key\u00e9 ' }, 'prefix must be 0 to 200'],
    [{ kind: 'header', header: 'x-api-key', prefix: 'Key\r\n' }, 'prefix must be 0 to 200'],
    [{ kind: 'oauth2', tokenUrl: '/token', scope: 'a\nb' }, 'scope must be 1 to 200'],
    [{ kind: 'oauth2', tokenUrl: '/token', audience: '' }, 'audience must be 1 to 200'],
  ])('characters that no request can carry: %j', (authentication, fault) => {
    expect(faultsOf({ authentication })).toEqual([`authentication.${fault} printable ASCII characters`]);
  });

  test('all faults at once, each with the name of the setting', () => {
    const written = JSON.stringify({ ...usable, retries: 3, limits: { ...usable.limits, callsPerSecond: 0 } });
    expect(() => readSettings(['domain'], { TOME_PROFILE: written })).toThrow(
      /TOME_PROFILE limits\.callsPerSecond must be a whole number.*\n.*TOME_PROFILE retries is not a line/,
    );
  });
});

test.each(['authorization', 'x-api-key', 'term', 'x-te'])('the credential can be in the header %s', (header) => {
  expect(faultsOf({ authentication: { kind: 'header', header, prefix: 'Key ' } })).toEqual([]);
});

describe('internal tokens of 16 digits', () => {
  test('are accepted when no reference starts as they do and their check digit is wrong', () => {
    const namespaces = {
      ns1: { name: 'Inside', token: { ...digits, forbiddenStarts: ['0-8'], checkDigit: 'must-fail' } },
      ns2: { name: 'Outside', token: { ...digits, forbiddenStarts: ['9'] } },
    };
    expect(faultsOf({ namespaces })).toEqual([]);
  });

  test('are accepted with any start when they are told apart by knowledge', () => {
    expect(withInternalToken(digits, { toldApart: 'by-knowledge' })).toEqual([]);
  });
});
