import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findFormatFault } from '../../../lambdas/tokenization/model/reference-format.ts';
import type { Namespace, Operation } from '../../../lambdas/tome/contract/contract.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { simulatorTimeOf } from '../../support/simulator-time.ts';

const running: Simulator[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    ...options,
    switches: { latencyMs: 0, rateLimitScope: 'off', ...options.switches },
  });
  running.push(simulator);
  return simulator;
}

async function call(
  simulator: Simulator,
  namespace: Namespace,
  operation: Operation,
  body: object,
  signal: AbortSignal = AbortSignal.timeout(240_000),
) {
  const response = await fetch(`${simulator.url}/v1/namespaces/${namespace}/${operation}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'x-request-id': 'r1', 'x-lane': 'live' },
    signal,
  });
  return {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    body: JSON.parse(await response.text()),
  };
}

/**
 * Makes a call to which a fault is ordered. When the simulator has recorded it and will not answer,
 * the call is aborted and the result is `null`.
 */
async function callWithFault(simulator: Simulator, namespace: Namespace, operation: Operation, body: object) {
  const aborting = new AbortController();
  const earlier = simulator.ledger.calls().length;
  const answer = call(simulator, namespace, operation, body, aborting.signal).catch(() => null);
  await vi.waitFor(() => expect(simulator.ledger.calls().length).toBeGreaterThan(earlier), {
    timeout: 240_000,
    interval: 5,
  });
  const isSilent =
    simulator.ledger
      .calls()
      .at(-1)
      ?.outcome.match(/^(timeout|apply-late)/) !== null;
  if (isSilent) aborting.abort();
  return answer;
}

const prefetch = async (simulator: Simulator, namespace: Namespace, count: number): Promise<string[]> => {
  const { body } = await call(simulator, namespace, 'prefetch', { count });
  return body.tokens.map(({ token }: { token: string }) => token);
};

describe('the simulator', () => {
  test('binds a token to one source only, and a source to one token only', async () => {
    const simulator = await start();
    const [first, second] = await prefetch(simulator, 'ns1', 2);
    expect((await call(simulator, 'ns1', 'tokenize', { source: 'a', token: first })).body).toEqual({
      token: first,
      isNew: true,
    });
    expect((await call(simulator, 'ns1', 'tokenize', { source: 'a', token: second })).body).toEqual({
      token: first,
      isNew: false,
    });
    expect(await call(simulator, 'ns1', 'tokenize', { source: 'b', token: first })).toMatchObject({
      status: 409,
      body: { error: 'token-taken' },
    });
    expect(await call(simulator, 'ns1', 'tokenize', { source: 'b', token: 'never-issued' })).toMatchObject({
      status: 400,
    });
  });

  test('overwrites a binding when a switch says so, for the tests of the probe', async () => {
    const simulator = await start({ switches: { binding: 'overwrite' } });
    const [first, second] = await prefetch(simulator, 'ns1', 2);
    await call(simulator, 'ns1', 'tokenize', { source: 'a', token: first });
    expect((await call(simulator, 'ns1', 'tokenize', { source: 'a', token: second })).body).toEqual({
      token: second,
      isNew: true,
    });
  });

  test('gives one token to a hundred concurrent requests with one source', async () => {
    const simulator = await start({ switches: { latencyMs: 5 } });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => call(simulator, 'ns1', 'tokenize', { source: 'a' })),
    );
    expect(new Set(answers.map(({ body }) => body.token)).size).toBe(1);
    expect(answers.filter(({ body }) => body.isNew)).toHaveLength(1);
  });

  test('issues references of the agreed format, unless a switch allows any', async () => {
    const simulator = await start();
    const ofAgreedFormat = await prefetch(simulator, 'ns2', 2_000);
    expect(ofAgreedFormat.filter((token) => findFormatFault(token, 'must-fail') !== null)).toEqual([]);
    simulator.turn({ references: 'unrestricted' });
    const unrestricted = await prefetch(simulator, 'ns2', 500);
    expect(unrestricted.filter((token) => findFormatFault(token, 'must-fail') !== null).length).toBeGreaterThan(100);
  });

  test('issues an unassigned token again after it has expired', async () => {
    const clock = new FakeClock();
    const simulator = await start({ switches: { tokenLifetimeMs: 20 }, time: simulatorTimeOf(clock) });
    const first = await prefetch(simulator, 'ns1', 3);
    const second = await prefetch(simulator, 'ns1', 3);
    expect(new Set([...first, ...second]).size).toBe(6);
    await clock.advance(30);
    expect((await prefetch(simulator, 'ns1', 6)).sort()).toEqual([...first, ...second].sort());
  });
});

describe('the rate limit of the simulator', () => {
  test.each([
    ['endpoint', true],
    ['namespace', false],
  ] as const)('for each %s is shared by the namespaces: %s', async (rateLimitScope, isShared) => {
    const clock = new FakeClock();
    const switches = { rateLimitScope, rateLimitPerSecond: 10 };
    const simulator = await start({ switches, time: simulatorTimeOf(clock) });
    const one = await call(simulator, 'ns1', 'lookup', { source: 'a' });
    const other = await call(simulator, 'ns2', 'lookup', { source: 'a' });
    expect(one.status).toBe(404);
    expect(other.status).toBe(isShared ? 429 : 404);
    expect((await call(simulator, 'ns1', 'detokenize', { token: 'a' })).status).toBe(404);
    await clock.advance(100);
    expect((await call(simulator, 'ns2', 'lookup', { source: 'a' })).status).toBe(404);
  });
});

describe('the faults of the simulator', () => {
  test.each([
    ['error-before', false],
    ['error-after', true],
    ['reset-before', false],
    ['reset-after', true],
    ['timeout-before', false],
    ['timeout-after', true],
    ['rate-limited', false],
    ['truncated', true],
  ] as const)('include %s, after which the token is bound: %s', async (kind, isApplied) => {
    const simulator = await start();
    simulator.faults.order({ operation: 'tokenize', namespace: 'ns1', kind, count: 1 });
    const faulty = await callWithFault(simulator, 'ns1', 'tokenize', { source: 'a' });
    expect(faulty === null || faulty.status >= 429).toBe(true);
    expect(simulator.vaults.ns1.tokenOf('a') !== undefined).toBe(isApplied);
    expect((await call(simulator, 'ns1', 'tokenize', { source: 'a' })).status).toBe(200);
  });

  test('include a binding that is made long after the request was aborted', async () => {
    const clock = new FakeClock();
    const simulator = await start({ time: simulatorTimeOf(clock) });
    simulator.faults.order({ operation: 'tokenize', kind: 'apply-late', count: 1, delayMs: 60_000 });
    expect(await callWithFault(simulator, 'ns1', 'tokenize', { source: 'a' })).toBeNull();
    await clock.advance(59_999);
    expect(simulator.vaults.ns1.tokenOf('a')).toBeUndefined();
    await clock.advance(1);
    expect(simulator.vaults.ns1.tokenOf('a')).toBeDefined();
  });

  test('include prefetch answers that are short, repeat tokens, have old tokens or could be card numbers', async () => {
    const simulator = await start();
    const old = await prefetch(simulator, 'ns2', 9);
    const prefetchWith = async (kind: 'short' | 'duplicates' | 'wrong-token' | 'card-like') => {
      simulator.faults.order({ operation: 'prefetch', kind, count: 1 });
      return prefetch(simulator, 'ns2', 9);
    };
    expect(await prefetchWith('short')).toHaveLength(4);
    expect(new Set(await prefetchWith('duplicates')).size).toBeLessThan(9);
    expect(await prefetchWith('wrong-token')).toEqual(old);
    for (const token of await prefetchWith('card-like'))
      expect(findFormatFault(token, 'any')).toBe('card-network-prefix');
  });

  test("include the token of another source, and an answer with another request's id and content", async () => {
    const simulator = await start();
    const { body } = await call(simulator, 'ns1', 'tokenize', { source: 'a' });
    simulator.faults.order({ operation: 'tokenize', kind: 'wrong-token', count: 1 });
    expect((await call(simulator, 'ns1', 'tokenize', { source: 'b' })).status).toBe(200);
    simulator.faults.order({ operation: 'lookup', kind: 'crossed', count: 1 });
    const crossed = await call(simulator, 'ns1', 'lookup', { source: 'b' });
    expect(crossed.requestId).not.toBe('r1');
    expect(crossed.body.token).toBe(body.token);
  });

  test('hit the same calls when the seed is the same', async () => {
    const outcomes = async (): Promise<string> => {
      const simulator = await start({ seed: 42 });
      simulator.faults.order({ operation: 'lookup', kind: 'error-before', rate: 0.3 });
      const statuses: number[] = [];
      for (let index = 0; index < 40; index += 1)
        statuses.push((await call(simulator, 'ns1', 'lookup', { source: 'a' })).status);
      return statuses.join();
    };
    const first = await outcomes();
    expect(first).toContain('503');
    expect(await outcomes()).toBe(first);
  });

  test('are refused with 400 when an order is invalid, and the answer names the field', async () => {
    const simulator = await start();
    const post = (body: object) =>
      fetch(`${simulator.url}/_control/faults`, { method: 'POST', body: JSON.stringify(body) });
    expect((await post({ operation: 'lookup', kind: 'slow' })).status).toBe(400);
    const refused = await post({ operation: 'lookup', kind: 'nonsense', rate: 1 });
    expect(await refused.text()).toContain('kind');
    expect((await post({ operation: 'lookup', kind: 'slow', rate: 1 })).status).toBe(201);
  });
});

describe('the journal of the simulator', () => {
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'simulator-'));
    folders.push(path);
    return path;
  };

  test('keeps tokens and bindings over a restart and drops an incomplete last line', async () => {
    const journal = { path: join(folder(), 'journal.jsonl'), installation: 'one' };
    const before = await start({ journal });
    const tokens = await prefetch(before, 'ns1', 5);
    await call(before, 'ns1', 'tokenize', { source: 'a', token: tokens[0] });
    await before.close();
    appendFileSync(journal.path, '{"namespace":"ns1","sour');
    const after = await start({ journal, seed: 9 });
    expect((await call(after, 'ns1', 'lookup', { source: 'a' })).body.token).toBe(tokens[0]);
    expect((await call(after, 'ns1', 'tokenize', { source: 'b', token: tokens[1] })).body.isNew).toBe(true);
    await after.close();
    expect((await start({ journal })).vaults.ns1.bindingCount).toBe(2);
  });

  test('of another installation is refused', async () => {
    const path = join(folder(), 'journal.jsonl');
    await start({ journal: { path, installation: 'one' } });
    await expect(startSimulator({ journal: { path, installation: 'two' } })).rejects.toMatchObject({
      name: 'ForeignJournal',
    });
  });
});

test('the ledger of the simulator counts calls by outcome and contains no source and no token', async () => {
  const simulator = await start();
  const { body } = await call(simulator, 'ns1', 'tokenize', { source: 'the-source' });
  await call(simulator, 'ns1', 'lookup', { source: 'the-source' });
  await call(simulator, 'ns1', 'lookup', { source: 'unknown' });
  expect(simulator.ledgerSummary().calls.map(({ operation, outcome, count }) => [operation, outcome, count])).toEqual([
    ['tokenize', 'bound', 1],
    ['lookup', 'found', 1],
    ['lookup', 'not-found', 1],
  ]);
  const shown = JSON.stringify([simulator.ledger.calls(), simulator.ledgerSummary()]);
  expect(shown).not.toContain('the-source');
  expect(shown).not.toContain(body.token);
});
