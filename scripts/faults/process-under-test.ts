import { randomUUID } from 'node:crypto';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { readPoolHealth } from '../../lambdas/pool/pool-health.ts';
import { closeEvents, fenceRestored, settleReservations, takeEvents } from '../../lambdas/pool/pool-jobs.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { claimWith } from '../../lambdas/runtime/compose-tokenizer.ts';
import { systemClock } from '../../lambdas/runtime/system-clock.ts';
import { createPooledTokenizer } from '../../lambdas/tokenization/pooled-tokenizer.ts';
import { prefetch } from '../../lambdas/tokenization/refill/prefetch.ts';
import { relayEvents } from '../../lambdas/tokenization/relay-events.ts';
import type { RequestContext, Tokenizer } from '../../lambdas/tokenization/tokenizer.ts';
import { interceptQueue, interceptSql, interceptTome } from './intercepted-ports.ts';
import type { Interceptor } from './interceptor.ts';
import type { World } from './world.ts';

/** One process of the product, wired like in `lambdas/runtime`, with every await behind the interceptor. */
export interface ProcessUnderTest {
  readonly tokenizer: Tokenizer;
  readonly context: () => RequestContext;
  prefetch(target: number): Promise<unknown>;
  settle(horizonSeconds: number): Promise<unknown>;
  fence(): Promise<unknown>;
  relay(): Promise<unknown>;
}

/** A key's hold is this short, so that a retry soon finds it free; in seconds. */
const HOLD_SECONDS = 0;

export function startProcess(world: World, interceptor: Interceptor): ProcessUnderTest {
  const runner = interceptSql(world.database, interceptor);
  const tome = interceptTome(world.tome, interceptor, {
    dispatches: world.dispatches,
    strangersToken: (namespace) => world.simulator.vaults[namespace].strangersToken(),
  });
  const store = createPairStore(runner, {
    holdSeconds: HOLD_SECONDS,
    retentionSeconds: 3_600,
    directCreationsPerSecond: 1_000,
  });
  const refillStore = createRefillStore(runner, { leaseSeconds: 60, maxMappingFailures: 3, expiryMarginSeconds: 0 });
  const tokenizer = createPooledTokenizer({
    tome,
    store,
    clock: systemClock,
    luhnPolicy: 'must-fail',
    newReservationId: randomUUID,
    claimOf: claimWith('a secret for tests that is long enough'),
    recordDisclosure: (record) => world.disclosures.push(record),
    report: () => undefined,
  });
  const deadlineMs = (): number => systemClock.monotonicMs() + 10_000;
  return {
    tokenizer,
    context: () => ({ deadlineMs: deadlineMs(), correlationId: randomUUID(), caller: 'client' }),
    prefetch: (target) =>
      prefetch(
        {
          tome,
          store: refillStore,
          poolLevel: () => runner.run(readPoolHealth),
          clock: systemClock,
          luhnPolicy: 'must-fail',
          settings: {
            targetMin: target,
            targetMax: target,
            coverMinutes: 0,
            lowWaterRatio: 0,
            leadMinutes: 0,
            batchSize: 5,
            mappingConcurrency: 1,
            activationChunk: 2,
            bulkTokenize: false,
          },
        },
        { runId: randomUUID(), deadlineMs: deadlineMs() },
      ),
    settle: (horizonSeconds) => runner.run((sql) => settleReservations(sql, horizonSeconds, 100)),
    fence: () => runner.run(fenceRestored),
    relay: () =>
      relayEvents(
        {
          outbox: {
            take: (limit) => runner.run((sql) => takeEvents(sql, limit, 0)),
            close: (pairIds) => runner.run((sql) => closeEvents(sql, pairIds)),
          },
          queue: interceptQueue(world.events, interceptor),
          clock: systemClock,
          domain: 'card',
          batchSize: 50,
        },
        deadlineMs(),
      ),
  };
}
