import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findFormatFault } from '../../../lambdas/tokenization/model/reference-format.ts';
import { hasForm } from '../../../lambdas/tokenization/model/token-form.ts';
import type { Namespace, Operation } from '../../../lambdas/tome/contract/contract.ts';
import { parseTomeProfile } from '../../../lambdas/tome/profile/read-profile.ts';
import { SHIPPED_PROFILES, type ShippedProfileName } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import type { TomeProfile, WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { simulatorTimeOf } from '../../support/simulator-time.ts';
import { profileNamed } from '../../support/tome-profiles.ts';
import { callSimulator, tokensIn } from './call-simulator.ts';

const NAMES = Object.keys(SHIPPED_PROFILES);

const running: Simulator[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(profile: TomeProfile, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    profile,
    ...options,
    switches: { latencyMs: 0, rateLimitScope: 'off', authentication: 'off', ...options.switches },
  });
  running.push(simulator);
  return simulator;
}

/** A profile of the repository with other lines. */
function changed(name: ShippedProfileName, lines: Partial<WrittenProfile>): TomeProfile {
  const read = parseTomeProfile({ ...SHIPPED_PROFILES[name], ...lines });
  if ('faults' in read) throw new Error(read.faults.join(', '));
  return read.profile;
}

const caller =
  (simulator: Simulator, profile: TomeProfile) => (namespace: Namespace, operation: Operation, body: object) =>
    callSimulator(simulator, profile, namespace, operation, body);

describe.each(NAMES)('under the profile %s the simulator', (name) => {
  const profile = profileNamed(name);
  const { ns1, ns2 } = profile.namespaces;

  test("issues tokens of both namespaces' forms, and references of the agreed format", async () => {
    const call = caller(await start(profile), profile);
    const internal = tokensIn(await call('ns1', 'prefetch', { count: 1_000 }));
    const references = tokensIn(await call('ns2', 'prefetch', { count: 1_000 }));
    expect(internal.filter((token) => !hasForm(token, ns1.token))).toEqual([]);
    expect(references.filter((token) => !hasForm(token, ns2.token))).toEqual([]);
    expect(references.filter((token) => findFormatFault(token, 'must-fail') !== null)).toEqual([]);
    expect(new Set([...internal, ...references]).size).toBe(2_000);
  });

  test('binds a card in both namespaces and finds it in both directions', async () => {
    const call = caller(await start(profile), profile);
    const card = '4111111111111111';
    const [token] = tokensIn(await call('ns1', 'prefetch', { count: 1 }));
    expect((await call('ns1', 'tokenize', { source: card, token })).body).toMatchObject({ token, isNew: true });
    const { body } = await call('ns2', 'tokenize', { source: token });
    expect((await call('ns2', 'detokenize', { token: body['token'] })).body['source']).toBe(token);
    expect((await call('ns1', 'detokenize', { token })).body['source']).toBe(card);
    expect((await call('ns1', 'lookup', { source: card })).body['token']).toBe(token);
  });

  test("answers a bound source as the profile's line alreadyBound says, unless a switch says otherwise", async () => {
    const simulator = await start(profile);
    const call = caller(simulator, profile);
    const [first, second] = tokensIn(await call('ns1', 'prefetch', { count: 2 }));
    await call('ns1', 'tokenize', { source: 'a', token: first });
    const again = () => call('ns1', 'tokenize', { source: 'a', token: second });
    expect((await again()).status).toBe(profile.alreadyBound === 'echo' ? 200 : 409);
    simulator.turn({ alreadyBound: profile.alreadyBound === 'echo' ? 'conflict' : 'echo' });
    expect((await again()).status).toBe(profile.alreadyBound === 'echo' ? 409 : 200);
    expect((await again()).body['token']).toBe(first);
  });

  test("issues unassigned tokens again after the profile's lifetime, and never without one", async () => {
    const clock = new FakeClock();
    const call = caller(await start(profile, { time: simulatorTimeOf(clock) }), profile);
    const first = await call('ns1', 'prefetch', { count: 3 });
    await clock.advance(1 + (profile.tokenLifetimeHours ?? 100_000) * 3_600_000);
    const later = tokensIn(await call('ns1', 'prefetch', { count: 6 }));
    const repeated = tokensIn(first).filter((token) => later.includes(token));
    expect(repeated).toHaveLength(profile.tokenLifetimeHours === null ? 0 : 3);
    const [entry] = first.body['tokens'] as readonly { expiresAt?: string }[];
    expect(entry?.expiresAt === undefined).toBe(profile.tokenLifetimeHours === null);
  });

  test('does not state the expiry of tokens where the switch says so, and issues them again nevertheless', async () => {
    const clock = new FakeClock();
    const switches = { expiry: 'unstated', tokenLifetimeMs: 3_600_000 } as const;
    const call = caller(await start(profile, { time: simulatorTimeOf(clock), switches }), profile);
    const first = await call('ns1', 'prefetch', { count: 3 });
    const entries = first.body['tokens'] as readonly object[];
    expect(entries.map((entry) => Object.keys(entry))).toEqual([['token'], ['token'], ['token']]);
    await clock.advance(3_600_001);
    const later = tokensIn(await call('ns1', 'prefetch', { count: 3 }));
    expect(tokensIn(first).filter((token) => later.includes(token))).toHaveLength(3);
  });

  test("refuses more tokens and more bulk items than the profile's limits", async () => {
    const call = caller(await start(profile), profile);
    const { tokensPerPrefetch } = profile.limits;
    expect((await call('ns2', 'prefetch', { count: tokensPerPrefetch })).status).toBe(200);
    expect((await call('ns2', 'prefetch', { count: tokensPerPrefetch + 1 })).status).toBe(400);
    const items = [{ source: 'a', token: 'b' }];
    expect((await call('ns2', 'bulk-tokenize', { items })).status).toBe(profile.bulkItems === null ? 404 : 200);
  });

  test('shows in its answers what the profile says, and nothing when a switch says so', async () => {
    const simulator = await start(profile);
    const call = caller(simulator, profile);
    const isItem = profile.answersShow === 'item';
    const unknown = await call('ns1', 'lookup', { source: 'a' });
    expect(unknown.headers.get(profile.headers.requestId)).toBe(isItem ? null : 'r1');
    expect(unknown.body).toEqual({ error: 'not-found', ...(isItem ? { source: 'a' } : {}) });
    simulator.turn({ answersShow: 'neither' });
    const bare = await call('ns1', 'lookup', { source: 'a' });
    expect(bare.headers.get(profile.headers.requestId)).toBeNull();
    expect(bare.body).toEqual({ error: 'not-found' });
  });

  test('answers one odd token in a batch, which has not the form of the namespace', async () => {
    const simulator = await start(profile);
    const call = caller(simulator, profile);
    simulator.faults.order({ operation: 'prefetch', kind: 'odd-item', count: 60 });
    for (const [namespace, { token: form }] of Object.entries(profile.namespaces) as ['ns1' | 'ns2', typeof ns1][]) {
      for (let round = 0; round < 30; round += 1) {
        const tokens = tokensIn(await call(namespace, 'prefetch', { count: 4 }));
        expect(tokens.filter((token) => !hasForm(token, form))).toHaveLength(1);
      }
    }
  });

  test('names a source as its own token, and remembers it, when a fault says so', async () => {
    const simulator = await start(profile, { switches: { alreadyBound: 'echo' } });
    const call = caller(simulator, profile);
    const [token] = tokensIn(await call('ns1', 'prefetch', { count: 1 }));
    simulator.faults.order({ operation: 'tokenize', kind: 'same-as-source', count: 1 });
    const card = '4111111111111111';
    expect((await call('ns1', 'tokenize', { source: card, token })).body).toMatchObject({ token: card, isNew: false });
    expect((await call('ns1', 'lookup', { source: card })).body['token']).toBe(card);
    simulator.faults.order({ operation: 'prefetch', namespace: 'ns2', kind: 'same-as-source', count: 1 });
    const references = tokensIn(await call('ns2', 'prefetch', { count: 5 }));
    expect(references).toHaveLength(5);
    expect(references).toContain(token);
    simulator.faults.order({ operation: 'detokenize', kind: 'same-as-source', count: 1 });
    expect((await call('ns1', 'detokenize', { token: card })).body['source']).toBe(card);
  });

  test('keeps its data over a restart, and refuses the journal under another profile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    folders.push(folder);
    const journal = { path: join(folder, 'journal.jsonl'), installation: 'one' };
    const before = await start(profile, { journal });
    const tokens = tokensIn(await callSimulator(before, profile, 'ns1', 'prefetch', { count: 3 }));
    await callSimulator(before, profile, 'ns1', 'tokenize', { source: 'a', token: tokens[0] });
    await before.close();
    const after = await start(profile, { journal });
    expect(after.vaults.ns1.tokenOf('a')).toBe(tokens[0]);
    expect(after.vaults.ns1.issuedTokens()).toHaveLength(3);
    await after.close();
    const other = profileNamed(NAMES.find((candidate) => candidate !== name) ?? '');
    await expect(start(other, { journal })).rejects.toThrow(
      `was written under the profile ${name}, and TOME_PROFILE is ${other.name}. Use that profile`,
    );
    await expect(start(profile, { journal: { ...journal, installation: 'two' } })).rejects.toMatchObject({
      name: 'ForeignJournal',
    });
  });

  test('gives its client a profile without a fault that differs from its own in no line', async () => {
    const { clientSettings } = await start(profile);
    expect(parseTomeProfile(JSON.parse(clientSettings['TOME_PROFILE'] ?? ''))).toEqual({ profile });
  });
});

test('under the profile uat the simulator has its path, its names and its headers, and no other path', async () => {
  const simulator = await start(profileNamed('uat'));
  const post = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${simulator.url}${path}`, { method: 'POST', body: '{"source":"a"}', headers });
  const answer = await post('/tome/v2/ComCardCreditCard/lookup', {
    'x-message-id': 'm1',
    'x-trace-id': 't1',
    'x-lane': 'live',
  });
  expect([answer.status, answer.headers.get('x-message-id'), answer.headers.get('x-request-id')]).toEqual([
    404,
    'm1',
    null,
  ]);
  expect(simulator.ledger.calls()).toMatchObject([{ requestId: 'm1', correlationId: 't1', lane: 'unknown' }]);
  await post('/v1/namespaces/ns1/lookup');
  await post('/tome/v2/ns1/lookup');
  expect(simulator.ledger.calls()).toHaveLength(1);
});

/** The paths of the published contract. */
const CONTRACT_PATHS = Object.keys(
  (JSON.parse(readFileSync('lambdas/tome/contract/openapi.json', 'utf8')) as { readonly paths: object }).paths,
);

/** Written out, so that a wrong path of the product is not also the simulator's. */
const UAT_PATHS = [
  '/tome/v2/ComCardCreditCard/prefetch',
  '/tome/v2/ComCardCreditCard/tokenize',
  '/tome/v2/ComCardCreditCard/detokenize',
  '/tome/v2/ComCardCreditCard/lookup',
  '/tome/v2/ComCardCreditCard/bulk-tokenize',
  '/tome/v2/ExtCardReference/prefetch',
  '/tome/v2/ExtCardReference/tokenize',
  '/tome/v2/ExtCardReference/detokenize',
  '/tome/v2/ExtCardReference/lookup',
  '/tome/v2/ExtCardReference/bulk-tokenize',
];

test.each([
  ['simulator', CONTRACT_PATHS, UAT_PATHS],
  ['uat', UAT_PATHS, CONTRACT_PATHS],
])('with the profile %s the simulator serves exactly the paths of its TOME', async (name, served, others) => {
  const simulator = await start(profileNamed(name));
  const answerOf = async (path: string): Promise<readonly [path: string, content: unknown]> => {
    const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', body: '{}' });
    return [path, { status: answer.status, body: await answer.text() }];
  };
  expect(served).toHaveLength(10);
  const refusal = { status: 400, body: expect.stringContaining('bad-request') };
  for (const path of served) expect(await answerOf(path)).toEqual([path, refusal]);
  const before = simulator.ledger.calls().length;
  for (const path of others) expect((await answerOf(path))[1]).toMatchObject({ status: 404 });
  expect(simulator.ledger.calls()).toHaveLength(before);
});

test('the simulator serves namespaces with equal paths at addresses of their own', async () => {
  const profile = changed('simulator', {
    path: '/{operation}',
    namespaces: {
      ns1: { ...namespaceOf('ns1'), url: 'https://one.example' },
      ns2: { ...namespaceOf('ns2'), url: 'https://two.example/tome' },
    },
    authentication: { kind: 'oauth2', tokenUrl: 'https://three.example/token' },
    clientCertificate: true,
  });
  const simulator = await start(profile);
  const written = JSON.parse(simulator.clientSettings['TOME_PROFILE'] ?? '') as WrittenProfile;
  const addresses = [written.namespaces.ns1.url ?? '', written.namespaces.ns2.url ?? ''];
  expect(JSON.stringify(written)).not.toContain('.example');
  expect(written).toMatchObject({ authentication: { tokenUrl: '/oauth2/token' }, clientCertificate: false });
  for (const [index, count] of [2, 3].entries()) {
    await fetch(`${addresses[index]}/prefetch`, { method: 'POST', body: JSON.stringify({ count }) });
  }
  expect(simulator.vaults.ns1.issuedTokens()).toHaveLength(2);
  expect(simulator.vaults.ns2.issuedTokens()).toHaveLength(3);
});

const namespaceOf = (key: 'ns1' | 'ns2') => (SHIPPED_PROFILES['simulator'] as WrittenProfile).namespaces[key];

test('a simulator whose answers repeat items repeats the source of each bulk result, and shows another item when an answer is crossed', async () => {
  const profile = profileNamed('sixteen-digits');
  const simulator = await start(profile);
  const call = caller(simulator, profile);
  const [first, second] = tokensIn(await call('ns2', 'prefetch', { count: 2 }));
  const items = [
    { source: 'a', token: first },
    { source: 'b', token: second },
  ];
  const { body } = await call('ns2', 'bulk-tokenize', { items });
  expect(body['results']).toEqual(items.map((item) => ({ ...item, outcome: 'bound', isNew: true })));
  simulator.faults.order({ operation: 'lookup', kind: 'crossed', count: 1 });
  expect((await call('ns2', 'lookup', { source: 'b' })).body).toEqual({ source: 'a', token: first });
  simulator.faults.order({ operation: 'detokenize', kind: 'crossed', count: 1 });
  expect((await call('ns2', 'detokenize', { token: second })).body).toEqual({ source: 'a', token: first });
});

test('under the profile sixteen-digits NS1 issues tokens that are card numbers when a fault says so', async () => {
  const profile = profileNamed('sixteen-digits');
  const simulator = await start(profile);
  const call = caller(simulator, profile);
  simulator.faults.order({ operation: 'prefetch', namespace: 'ns1', kind: 'card-like', count: 1 });
  const tokens = tokensIn(await call('ns1', 'prefetch', { count: 20 }));
  expect(tokens.filter((token) => findFormatFault(token, 'any') !== 'card-network-prefix')).toEqual([]);
  expect(tokens.filter((token) => !hasForm(token, profile.namespaces.ns1.token))).toEqual([]);
});

test.each([
  ['any-luhn', /^[1289]/],
  ['first-digit', /^[12689]/],
] as const)(
  'with the references %s the simulator issues any check digit and these first digits only',
  async (references, starts) => {
    const profile = profileNamed('simulator');
    const call = caller(await start(profile, { switches: { references } }), profile);
    const tokens = tokensIn(await call('ns2', 'prefetch', { count: 2_000 }));
    expect(tokens.filter((token) => !starts.test(token))).toEqual([]);
    expect(new Set(tokens.map((token) => token[0])).size).toBe(references === 'first-digit' ? 5 : 4);
    const withCheckDigit = tokens.filter((token) =>
      hasForm(token, { ...profile.namespaces.ns2.token, checkDigit: 'must-pass' }),
    );
    expect(withCheckDigit.length).toBeGreaterThan(100);
  },
);

test('a profile whose form allows no reference of the agreed format gets references of its form', async () => {
  const profile = changed('simulator', {
    namespaces: {
      ns1: namespaceOf('ns1'),
      ns2: { ...namespaceOf('ns2'), token: { ...namespaceOf('ns2').token, forbiddenStarts: ['0-5', '7-9'] } },
    },
  });
  const call = caller(await start(profile), profile);
  expect(tokensIn(await call('ns2', 'prefetch', { count: 2 })).map(([digit]) => digit)).toEqual(['6', '6']);
});

test('a journal of other token forms of the same profile is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  folders.push(folder);
  const journal = { path: join(folder, 'journal.jsonl'), installation: 'one' };
  await (await start(profileNamed('simulator'), { journal })).close();
  const longer = { ...namespaceOf('ns1'), token: { ...namespaceOf('ns1').token, shortest: 30 } };
  const other = changed('simulator', { namespaces: { ns1: longer, ns2: namespaceOf('ns2') } });
  await expect(start(other, { journal })).rejects.toThrow('under other token forms of the profile simulator.');
  const renamed = changed('simulator', { headers: { requestId: 'x-id', correlationId: 'x-trace', lane: null } });
  await start(renamed, { journal });
});
