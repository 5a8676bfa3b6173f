import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPoolHealth } from '../../lambdas/pool/pool-health.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import type { RefillStore } from '../../lambdas/tokenization/ports/refill-store.ts';
import { type PrefetchResult, prefetch } from '../../lambdas/tokenization/refill/prefetch.ts';
import type { PrefetchSettings } from '../../lambdas/tokenization/refill/prefetch-run.ts';
import { createHttpTome } from '../../lambdas/tome/client/http-tome.ts';
import { TomeClient } from '../../lambdas/tome/client/tome-client.ts';
import { type Simulator, startSimulator } from '../../scripts/simulator/simulator.ts';
import { JumpingClock } from '../support/jumping-clock.ts';
import { simulatorTimeOf } from '../support/simulator-time.ts';
import { defaultRules, simulatorProfile } from '../support/tome-profiles.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
let simulator: Simulator;
let clock: JumpingClock;

beforeEach(async () => {
  db = await createTestDatabase();
  clock = new JumpingClock();
  simulator = await startSimulator({
    seed: 3,
    switches: { latencyMs: 0, rateLimitScope: 'off' },
    time: simulatorTimeOf(clock),
  });
});

afterEach(async () => {
  await simulator.close();
  await db.drop();
});

const SETTINGS: PrefetchSettings = {
  targetMin: 120,
  targetMax: 50_000,
  coverMinutes: 0,
  lowWaterRatio: 0.3,
  leadMinutes: 0,
  batchSize: 50,
  mappingConcurrency: 8,
  activationChunk: 20,
  bulkItems: null,
};

interface RunOptions {
  readonly settings?: Partial<PrefetchSettings>;
  readonly store?: RefillStore;
  readonly batchCallsPerSecond?: number;
  readonly timeMs?: number;
  /** Pairs that creations take between two reads of the level. */
  readonly takenMeanwhile?: number;
}

const refillStore = (): RefillStore =>
  createRefillStore(db.database, { leaseSeconds: 3_600, maxMappingFailures: 3, expiryMarginSeconds: 0 });

function run({
  settings,
  store = refillStore(),
  batchCallsPerSecond = 5_000,
  timeMs = 3_600_000,
  takenMeanwhile = 0,
}: RunOptions = {}): Promise<PrefetchResult> {
  const client = new TomeClient({
    settings: {
      baseUrl: simulator.url,
      attemptTimeoutMs: 120_000,
      maxAttempts: 2,
      backoffBaseMs: 1,
      backoffCapMs: 5,
      retryRatio: 1,
      breaker: { failures: 30, openMs: 50 },
      batchCallsPerSecond,
      liveCallsPerSecond: 0,
    },
    profile: simulatorProfile,
    clock,
    random: Math.random,
  });
  const dependencies = {
    tome: createHttpTome(client, simulatorProfile),
    store,
    poolLevel: async () => {
      const level = await db.database.run(readPoolHealth);
      return { ...level, available: level.available - takenMeanwhile };
    },
    clock,
    ...defaultRules,
    settings: { ...SETTINGS, ...settings },
  };
  return prefetch(dependencies, { runId: randomUUID(), deadlineMs: clock.monotonicMs() + timeMs });
}

const health = () => db.database.run(readPoolHealth);

/** Checks I8: every issued token is stored, or belongs to a recorded call whose answer was lost. */
async function expectNothingLost(): Promise<void> {
  for (const [namespace, column] of [
    ['ns1', 'internal_token'],
    ['ns2', 'card_reference'],
  ] as const) {
    const stored = new Set(
      (
        await db.sql`SELECT ${db.sql(column)} AS token FROM pair UNION ALL SELECT token FROM unpaired_token WHERE namespace = ${namespace}`
      ).map(({ token }) => token),
    );
    const issued = simulator.vaults[namespace].issuedTokens();
    const missing = issued.filter(({ token }) => !stored.has(token)).length;
    const [lost] = await db.sql<{ tokens: number }[]>`
      SELECT coalesce(sum(requested), 0)::int AS tokens FROM prefetch_call WHERE namespace = ${namespace} AND stored_at IS NULL
    `;
    expect(missing).toBeLessThanOrEqual(lost?.tokens ?? 0);
    if (lost?.tokens === 0) expect(missing).toBe(0);
  }
}

/** Checks I3: NS2 has bound every available pair exactly as it is stored. */
async function expectBound(): Promise<void> {
  const pairs = await db.sql`SELECT internal_token, card_reference FROM pair WHERE available_at IS NOT NULL`;
  for (const { internal_token, card_reference } of pairs)
    expect(simulator.vaults.ns2.tokenOf(internal_token)).toBe(card_reference);
}

test('a run fills the pool to its target in several batches, and a second run makes no call', async () => {
  expect(await run()).toMatchObject({ outcome: 'full', activated: 120, staged: 120 });
  expect(await health()).toMatchObject({ available: 120, staged: 0 });
  const calls = simulator.ledger.calls().length;
  expect(await run()).toMatchObject({ outcome: 'full', activated: 0 });
  expect(simulator.ledger.calls()).toHaveLength(calls);
  await expectBound();
  await expectNothingLost();
});

test('a run ends when the pool is full, although creations take pairs meanwhile', async () => {
  expect(await run({ takenMeanwhile: 1 })).toMatchObject({ outcome: 'full', stoppedBy: null });
  const rounds = simulator.ledger
    .calls()
    .filter(({ operation, namespace }) => operation === 'prefetch' && namespace === 'ns1');
  expect(rounds).toHaveLength(3);
});

test('a bulk call has at most so many pairs as TOME allows', async () => {
  simulator.turn({ bulkTokenize: 'present' });
  await run({ settings: { bulkItems: 7, targetMin: 20, batchSize: 20 } });
  expect((await health()).available).toBe(20);
  const bulkCalls = simulator.ledger.calls().filter(({ operation }) => operation === 'bulk-tokenize');
  expect(bulkCalls).toHaveLength(3);
});

test('a bulk call binds many pairs, and failed items are bound by the next run', async () => {
  simulator.turn({ bulkTokenize: 'present', bulkFailureRate: 0.2 });
  const first = await run({ settings: { bulkItems: 500 } });
  expect(first.activated).toBeGreaterThan(60);
  simulator.turn({ bulkFailureRate: 0 });
  await run({ settings: { bulkItems: 500 } });
  expect((await health()).available).toBe(120);
  expect(simulator.ledger.counts().some(({ operation }) => operation === 'tokenize')).toBe(false);
  await expectBound();
});

describe('incomplete and wrong answers', () => {
  test('surplus tokens of one namespace are kept and paired in the next round', async () => {
    simulator.faults.order({ operation: 'prefetch', namespace: 'ns2', kind: 'short', count: 1, share: 0.5 });
    expect(await run()).toMatchObject({ outcome: 'full', activated: 120 });
    expect(simulator.vaults.ns1.issuedTokens().length).toBeLessThanOrEqual(145);
    await expectNothingLost();
  });

  test('references that could be card numbers are set aside, counted and never bound', async () => {
    simulator.turn({ references: 'any-luhn' });
    const result = await run();
    expect(result.rejectedReferences).toBeGreaterThan(3);
    // The run ends without another round for the last few pairs.
    expect((await health()).available).toBeGreaterThan(110);
    const rejected = await db.sql`SELECT token FROM unpaired_token WHERE rejected_because IS NOT NULL`;
    expect(rejected).toHaveLength(result.rejectedReferences);
    for (const { token } of rejected) expect(simulator.vaults.ns2.sourceOf(token)).toBeUndefined();
    await expectNothingLost();
  });

  test('a token that TOME issued twice is in one pair only', async () => {
    await run();
    simulator.faults.order({ operation: 'prefetch', kind: 'duplicates', count: 2 });
    simulator.faults.order({ operation: 'prefetch', kind: 'wrong-token', count: 2 });
    expect((await run({ settings: { targetMin: 200 } })).outcome).toBe('full');
    expect(await health()).toMatchObject({ available: 200 });
    await expectBound();
  });

  test('a pair is quarantined when NS2 answers with another reference', async () => {
    await run();
    simulator.faults.order({ operation: 'tokenize', namespace: 'ns2', kind: 'wrong-token', count: 1 });
    expect(await run({ settings: { targetMin: 130 } })).toMatchObject({ quarantined: 1 });
    expect(await health()).toMatchObject({ available: 129, quarantined: 1 });
    expect(await db.sql`SELECT reason FROM pair WHERE state = 'QUARANTINED'`).toEqual([{ reason: 'wrong-echo' }]);
  });

  test('when the call to one namespace fails, the tokens of the other are kept', async () => {
    simulator.faults.order({ operation: 'prefetch', namespace: 'ns1', kind: 'error-before', count: 1 });
    expect(await run()).toMatchObject({ outcome: 'incomplete', stoppedBy: 'tome-outcome-unknown' });
    expect(await run()).toMatchObject({ outcome: 'full' });
    expect(simulator.vaults.ns2.issuedTokens()).toHaveLength(120);
    await expectNothingLost();
  });

  test('the tokens of a lost answer are counted as lost', async () => {
    simulator.faults.order({ operation: 'prefetch', namespace: 'ns1', kind: 'error-after', count: 1 });
    await run();
    await run();
    expect(await health()).toMatchObject({ available: 120 });
    const lost = await db.sql`SELECT namespace, requested FROM prefetch_call WHERE stored_at IS NULL`;
    expect(lost).toEqual([{ namespace: 'ns1', requested: 50 }]);
    await expectNothingLost();
  });

  test('pairs that fail to bind do not stop the others from filling the pool', async () => {
    simulator.faults.order({ operation: 'tokenize', namespace: 'ns2', kind: 'error-before', count: 6 });
    for (let attempt = 0; attempt < 4; attempt += 1) await run({ settings: { mappingConcurrency: 1 } });
    expect((await health()).available).toBe(120);
  });
});

describe('its rate', () => {
  test('a run binds pairs at the configured rate', async () => {
    const startedMs = clock.monotonicMs();
    await run({ batchCallsPerSecond: 100, settings: { targetMin: 100, batchSize: 100 } });
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    const mapped = simulator.ledger.counts().find(({ operation }) => operation === 'tokenize')?.count ?? 0;
    expect(mapped).toBe(100);
    expect(mapped / seconds).toBeLessThanOrEqual(115);
  });

  test('a run that gets 429 continues at a lower rate', async () => {
    simulator.turn({ rateLimitScope: 'endpoint', rateLimitPerSecond: 60 });
    expect(await run({ batchCallsPerSecond: 150, settings: { targetMin: 60 } })).toMatchObject({ outcome: 'full' });
    expect(simulator.ledger.counts().some(({ outcome }) => outcome === 'rate-limited')).toBe(true);
  });

  test('a run stops at its deadline, and the next run continues', async () => {
    const stopped = await run({ batchCallsPerSecond: 50, timeMs: 700 });
    expect(stopped).toMatchObject({ outcome: 'incomplete', activated: expect.any(Number) });
    expect(stopped.activated).toBeGreaterThan(5);
    expect(await health()).toMatchObject({ available: stopped.activated });
    expect(await run()).toMatchObject({ outcome: 'full' });
    expect(simulator.vaults.ns1.issuedTokens()).toHaveLength(120);
  });
});

describe('overlapping and killed runs', () => {
  test('exactly one of three concurrent runs gets the lease', async () => {
    const store = refillStore();
    const leases = await Promise.all(['one', 'two', 'three'].map((runId) => store.acquireLease(runId)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  test('while one run holds the lease, other runs end at once', async () => {
    const hasStarted = Promise.withResolvers<void>();
    const othersEnded = Promise.withResolvers<void>();
    const store = refillStore();
    const working = run({
      store: {
        ...store,
        async stage(...args) {
          hasStarted.resolve();
          await othersEnded.promise;
          return store.stage(...args);
        },
      },
    });
    await hasStarted.promise;
    const others = await Promise.all([run(), run()]);
    othersEnded.resolve();
    expect(others.map(({ outcome }) => outcome)).toEqual(['already-running', 'already-running']);
    expect(await working).toMatchObject({ outcome: 'full' });
    expect(await health()).toMatchObject({ available: 120 });
  });

  test('a run whose lease another run has taken can store nothing', async () => {
    const store = refillStore();
    const lease = await store.acquireLease('first');
    await db.sql`UPDATE job_lease SET expires_at = now() - interval '1 second'`;
    await store.acquireLease('second');
    if (lease === null) throw new Error('The first run had the lease.');
    await expect(store.renewLease(lease)).rejects.toMatchObject({ code: 'lease-lost' });
    await expect(store.stage(lease, [], { internalTokens: [], references: [], rejected: [] })).rejects.toMatchObject({
      code: 'lease-lost',
    });
    await expect(store.activate(lease, [])).rejects.toMatchObject({ code: 'lease-lost' });
  });

  test.each([false, true])(
    'a run that is killed at any step (after its effect: %s) is finished by the next run without a lost token',
    async (isDone) => {
      class Killed extends Error {}
      for (let step = 1; ; step += 1) {
        let left = step;
        const store = refillStore();
        const killed = new Proxy(store, {
          get(target, name: keyof RefillStore) {
            return async (...args: never[]) => {
              left -= 1;
              if (left === 0 && !isDone) throw new Killed();
              const result = await (target[name] as (...args: never[]) => Promise<unknown>)(...args);
              if (left === 0) throw new Killed();
              return result;
            };
          },
        });
        const settings = { targetMin: step * 10, batchSize: 5, activationChunk: 2 };
        const isFinished = await run({ store: killed, settings }).then(
          () => true,
          (error) => {
            if (error instanceof Killed) return false;
            throw error;
          },
        );
        if (isFinished) break;
        await db.sql`UPDATE job_lease SET expires_at = now() - interval '1 second'`;
        await run({ settings });
        expect(await health()).toMatchObject({ staged: 0, available: step * 10 });
        await expectNothingLost();
        if (step > 25) break;
      }
      await expectBound();
    },
  );
});
