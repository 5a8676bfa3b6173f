import { describe, expect, test } from 'vitest';
import { findSettingFaults } from '../../../../lambdas/runtime/settings.ts';
import { parseTomeProfile } from '../../../../lambdas/tome/profile/read-profile.ts';
import { SHIPPED_PROFILES } from '../../../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly string[];

/** Every line is written, so that every line is changed. */
const complete = {
  name: 'mine',
  namespaces: {
    ns1: {
      name: 'Inside',
      url: 'https://one.example',
      token: { alphabet: 'url-safe', shortest: 20, longest: 64, forbiddenStarts: ['0'], checkDigit: 'any' },
    },
    ns2: {
      name: 'Outside',
      url: 'https://two.example',
      token: { alphabet: 'digits', shortest: 16, longest: 16, forbiddenStarts: ['3-5', '7'], checkDigit: 'must-fail' },
    },
  },
  toldApart: 'by-form',
  path: '/v2/{namespace}/{operation}',
  operations: { prefetch: 'a', tokenize: 'b', detokenize: 'c', lookup: 'd', 'bulk-tokenize': 'e' },
  headers: { requestId: 'x-id', correlationId: 'x-trace', lane: 'x-lane' },
  answersShow: 'item',
  clientCertificate: false,
  alreadyBound: 'conflict',
  tokenLifetimeHours: 720,
  bulkItems: 100,
  limits: { callsPerSecond: 250, scope: 'all', tokensPerPrefetch: 1_000 },
  unknown: [],
} satisfies WrittenProfile;

const AUTHENTICATIONS: readonly NonNullable<WrittenProfile['authentication']>[] = [
  { kind: 'none' },
  { kind: 'header', header: 'authorization', prefix: 'Key ' },
  { kind: 'oauth2', tokenUrl: '/token', scope: 'a b', audience: 'tome', sendsCredentialIn: 'body' },
  { kind: 'sigv4', service: 'execute-api', region: 'us-east-1' },
];

/** Lines that can be left out. */
const OPTIONAL = [
  ...['url', 'token.forbiddenStarts', 'token.checkDigit'].flatMap((line) => [
    `namespaces.ns1.${line}`,
    `namespaces.ns2.${line}`,
  ]),
  ...['toldApart', 'path', 'operations', 'headers', 'answersShow', 'authentication', 'clientCertificate'],
  ...['alreadyBound', 'tokenLifetimeHours', 'bulkItems', 'unknown'],
  ...['prefix', 'scope', 'audience', 'sendsCredentialIn'].map((line) => `authentication.${line}`),
];
/** Elements of lists can be left out too. */
const isOptional = (path: Path): boolean => OPTIONAL.includes(path.join('.')) || /^\d+$/.test(path.at(-1) ?? '');
const NULLABLE = ['headers.lane', 'tokenLifetimeHours', 'bulkItems'];

/** The paths of all lines, objects and lists too, and of all elements. */
const pathsIn = (value: Json, path: Path = []): readonly Path[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...pathsIn(inner, [...path, key])])
    : [];

const valueAt = (value: Json, path: Path): Json =>
  path.reduce((inner, key) => (inner as Readonly<Record<string, Json>>)[key] as Json, value);

/** A copy with another value at the path, or without the line for `undefined`. */
function withValue(original: Json, path: Path, value: Json | undefined): Json {
  const copy = JSON.parse(JSON.stringify(original)) as Json;
  const parent = valueAt(copy, path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent)) parent.splice(Number(key), 1, ...(value === undefined ? [] : [value]));
  else if (value === undefined) Reflect.deleteProperty(parent as object, key);
  else Object.assign(parent as object, { [key]: value });
  return copy;
}

const faultsOf = (written: Json): readonly string[] => {
  const read = parseTomeProfile(written);
  return 'faults' in read ? read.faults : [];
};

/** A subject, then what it must be. Text of the library for schemas has another form. */
const SENTENCE = /^[\w.-]+ must be [^:]+$|^path must start with /;

describe.each(AUTHENTICATIONS)('a profile with the authentication $kind', (authentication) => {
  const profile: Json = { ...complete, authentication } as Json;
  const paths = pathsIn(profile);

  test('can be used, and has every line that is changed below', () => {
    expect(faultsOf(profile)).toEqual([]);
    expect(paths.length).toBeGreaterThan(45);
  });

  test('that lacks one line is refused with one sentence for this line, unless the line has a default', () => {
    for (const path of paths) {
      const line = path.join('.');
      const wanted = isOptional(path) ? [] : [`${line} must be set`];
      expect({ line, faults: faultsOf(withValue(profile, path, undefined)) }).toEqual({ line, faults: wanted });
    }
  });

  test.each<[string, Json, (path: Path) => boolean]>([
    ['a number with a fraction', 7.5, () => false],
    ['true', true, (path) => path.join('.') === 'clientCertificate'],
    ['null', null, (path) => NULLABLE.includes(path.join('.'))],
    ['a text that no line takes', 'no line\ntakes this', () => false],
  ])('that has %s in one line is refused with one sentence for this line', (_what, value, isAccepted) => {
    for (const path of paths) {
      const line = path.join('.');
      const faults = faultsOf(withValue(profile, path, value));
      if (isAccepted(path)) {
        expect({ line, faults }).toEqual({ line, faults: [] });
        continue;
      }
      expect(faults, line).toHaveLength(1);
      expect(faults[0]).toMatch(SENTENCE);
      expect(faults[0]?.startsWith(`${line} `), faults[0]).toBe(true);
    }
  });

  test.each<[string, Json]>([
    ['an empty list', []],
    ['an empty object', {}],
  ])('that has %s in one line is refused with sentences for this line', (_what, value) => {
    for (const path of paths) {
      const line = path.join('.');
      const isList = Array.isArray(value) && Array.isArray(valueAt(profile, path));
      const faults = faultsOf(withValue(profile, path, value));
      expect(faults.length > 0, line).toBe(!isList);
      for (const fault of faults) {
        expect(fault).toMatch(SENTENCE);
        expect(fault.startsWith(`${line} `) || fault.startsWith(`${line}.`), fault).toBe(true);
      }
    }
  });
});

test('each kind of value has its sentence', () => {
  const changed = (changes: object): readonly string[] => faultsOf({ ...complete, ...changes } as Json);
  expect(faultsOf({})).toEqual(['name must be set', 'namespaces must be set', 'limits must be set']);
  expect(faultsOf([])).toEqual(['the profile must be an object']);
  expect(changed({ path: 1 })).toEqual(['path must be text']);
  expect(changed({ clientCertificate: 'true' })).toEqual(['clientCertificate must be true or false']);
  expect(changed({ bulkItems: '5' })).toEqual(['bulkItems must be a whole number from 1 to 500']);
  expect(changed({ unknown: 'limits' })).toEqual(['unknown must be a list']);
  expect(changed({ limits: 250 })).toEqual(['limits must be an object']);
  expect(changed({ answersShow: 'id' })).toEqual(['answersShow must be one of request-id, item']);
  expect(changed({ authentication: { kind: 'basic' } })).toEqual([
    'authentication.kind must be one of none, header, oauth2, sigv4',
  ]);
  expect(changed({ headers: { requestId: 'x-id' } })).toEqual([
    'headers.correlationId must be set',
    'headers.lane must be set',
  ]);
});

test('the setting TOME_PROFILE is refused with the same sentences', () => {
  expect(findSettingFaults(['domain'], { TOME_PROFILE: '{}' })).toEqual([
    'TOME_PROFILE name must be set',
    'TOME_PROFILE namespaces must be set',
    'TOME_PROFILE limits must be set',
  ]);
  const { limits, ...lines } = SHIPPED_PROFILES.uat;
  expect(findSettingFaults(['domain'], { TOME_PROFILE: JSON.stringify({ ...lines, limits: null }) })).toEqual([
    'TOME_PROFILE limits must be an object',
  ]);
  expect(limits.callsPerSecond).toBeGreaterThan(0);
});
