import { afterEach, describe, expect, test } from 'vitest';
import { findFormatFault } from '../../../lambdas/tokenization/model/reference-format.ts';
import { hasForm } from '../../../lambdas/tokenization/model/token-form.ts';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import type { BindingElsewhere, ElsewhereOrder } from '../../../scripts/simulator/bindings-elsewhere.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { simulatorTimeOf } from '../../support/simulator-time.ts';
import { profileNamed, simulatorProfile } from '../../support/tome-profiles.ts';
import { callSimulator } from './call-simulator.ts';

const running: Simulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    ...options,
    switches: { latencyMs: 0, rateLimitScope: 'off', authentication: 'off', ...options.switches },
  });
  running.push(simulator);
  return simulator;
}

describe('a gateway in front of the simulator', () => {
  const call = (simulator: Simulator, namespace: 'ns1' | 'ns2') =>
    callSimulator(simulator, simulatorProfile, namespace, 'tokenize', { source: 'a' });

  test.each([
    ['edge-rate-limited', 429],
    ['access-denied', 403],
    ['gateway-page', 404],
  ] as const)(
    'answers %s above its rate, by itself, and TOME does not receive the call',
    async (edgeAnswer, status) => {
      const clock = new FakeClock();
      const simulator = await start({ time: simulatorTimeOf(clock), switches: { edgeCallsPerSecond: 10, edgeAnswer } });
      expect((await call(simulator, 'ns1')).status).toBe(200);
      const refused = await call(simulator, 'ns2');
      expect([refused.status, refused.headers.get('content-type'), refused.headers.get('x-request-id')]).toEqual([
        status,
        'text/html',
        null,
      ]);
      expect(simulator.vaults.ns2.bindingCount).toBe(0);
      expect(simulator.ledger.calls().map(({ outcome }) => outcome)).toEqual(['bound', edgeAnswer]);
      await clock.advance(100);
      expect((await call(simulator, 'ns2')).status).toBe(200);
    },
  );

  test('has a rate for each namespace when the switch names them, and none for the other one', async () => {
    const clock = new FakeClock();
    const simulator = await start({ time: simulatorTimeOf(clock), switches: { edgeCallsPerSecond: { ns1: 10 } } });
    const statuses = [];
    for (const namespace of ['ns1', 'ns1', 'ns2', 'ns2', 'ns2'] as const)
      statuses.push((await call(simulator, namespace)).status);
    expect(statuses).toEqual([200, 429, 200, 200, 200]);
    simulator.turn({ edgeCallsPerSecond: null });
    expect((await call(simulator, 'ns1')).status).toBe(200);
  });
});

describe("the simulator's rate limit", () => {
  test.each([
    ['whole-namespace', [404, 429, 404]],
    ['all', [404, 429, 429]],
  ] as const)('of the scope %s counts every operation together', async (rateLimitScope, expected) => {
    const clock = new FakeClock();
    const simulator = await start({
      time: simulatorTimeOf(clock),
      switches: { rateLimitScope, rateLimitPerSecond: 10 },
    });
    const statuses = [
      await callSimulator(simulator, simulatorProfile, 'ns1', 'lookup', { source: 'a' }),
      await callSimulator(simulator, simulatorProfile, 'ns1', 'detokenize', { token: 'a' }),
      await callSimulator(simulator, simulatorProfile, 'ns2', 'lookup', { source: 'a' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual(expected);
  });

  test.each([
    ['simulator', 250, 'endpoint'],
    ['sixteen-digits', 250, 'whole-namespace'],
  ])(
    'under the profile %s is its %i calls a second of the scope %s',
    async (name, rateLimitPerSecond, rateLimitScope) => {
      const simulator = await startSimulator({ profile: profileNamed(name) });
      running.push(simulator);
      expect(simulator.switches()).toMatchObject({ rateLimitPerSecond, rateLimitScope });
    },
  );
});

describe.each(Object.keys(SHIPPED_PROFILES))(
  'bindings that were made outside the product, under the profile %s',
  (name) => {
    const profile = profileNamed(name);
    const { ns1, ns2 } = profile.namespaces;

    async function bindElsewhere(simulator: Simulator, order: ElsewhereOrder): Promise<readonly BindingElsewhere[]> {
      const response = await fetch(`${simulator.url}/_control/bindings`, {
        method: 'POST',
        body: JSON.stringify(order),
      });
      expect(response.status).toBe(201);
      return (await response.json()) as readonly BindingElsewhere[];
    }

    test('are found like any other: cards with and without a reference', async () => {
      const simulator = await start({ profile });
      const given = ['4111111111111111', '5555555555554444'];
      const known = await bindElsewhere(simulator, { given });
      expect(known.map(({ source }) => source)).toEqual(given);
      const answer = await callSimulator(simulator, profile, 'ns1', 'lookup', { source: given[0] });
      expect(answer.body['token']).toBe(known[0]?.internalToken);
      expect(simulator.vaults.ns2.bindingCount).toBe(0);
      const withReferences = await bindElsewhere(simulator, { given, references: 'usual' });
      expect(withReferences.map(({ internalToken }) => internalToken)).toEqual(
        known.map(({ internalToken }) => internalToken),
      );
      expect(withReferences.every(({ reference = '' }) => hasForm(reference, ns2.token))).toBe(true);
      expect(simulator.vaults.ns2.bindingCount).toBe(2);
    });

    test('can have references that the product does not accept or cannot read', async () => {
      const simulator = await start({ profile });
      const cardLike = await bindElsewhere(simulator, { count: 5, references: 'card-like' });
      for (const { reference = '' } of cardLike) expect(findFormatFault(reference, 'any')).toBe('card-network-prefix');
      const odd = await bindElsewhere(simulator, { count: 5, references: 'odd' });
      for (const { reference = '' } of odd) expect(findFormatFault(reference, 'any')).toBe('not-16-digits');
    });

    test('can have sources that are no card numbers, and internal tokens that NS1 has never issued', async () => {
      const simulator = await start({ profile });
      const odd = await bindElsewhere(simulator, { sources: 'odd-cards', count: 5 });
      expect(odd.every(({ source = '' }) => /^[0-9]{12}$/.test(source))).toBe(true);
      const unknown = await bindElsewhere(simulator, { sources: 'unknown-tokens', count: 5 });
      for (const { internalToken, reference = '' } of unknown) {
        expect(hasForm(internalToken, ns1.token)).toBe(true);
        const found = await callSimulator(simulator, profile, 'ns2', 'detokenize', { token: reference });
        expect(found.body['source']).toBe(internalToken);
        const absent = await callSimulator(simulator, profile, 'ns1', 'detokenize', { token: internalToken });
        expect(absent.status).toBe(404);
      }
    });
  },
);

test('an order of bindings with neither or both of given and count is refused', async () => {
  const simulator = await start();
  for (const order of [{}, { given: ['a'], count: 1 }, { count: 0 }]) {
    const response = await fetch(`${simulator.url}/_control/bindings`, { method: 'POST', body: JSON.stringify(order) });
    expect(response.status).toBe(400);
  }
  expect(simulator.vaults.ns1.bindingCount).toBe(0);
});
