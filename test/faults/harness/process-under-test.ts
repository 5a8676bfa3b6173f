import { randomUUID } from 'node:crypto';
import { claimWith } from '../../../lambdas/composition/tokenizer.ts';
import { createPairStore } from '../../../lambdas/pool/pair-store.ts';
import { readPoolHealth } from '../../../lambdas/pool/pool-health.ts';
import {
  closeEvents,
  fenceRestored,
  purgeExpired,
  retireExpired,
  settleReservations,
  takeEvents,
  takeRefillRequest,
} from '../../../lambdas/pool/pool-jobs.ts';
import { createRefillStore } from '../../../lambdas/pool/refill-store.ts';
import { describe } from '../../../lambdas/runtime/logging/describe-error.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { ReferenceRules } from '../../../lambdas/tokenization/model/reference-rules.ts';
import { createPooledTokenizer } from '../../../lambdas/tokenization/pooled-tokenizer.ts';
import { prefetch } from '../../../lambdas/tokenization/refill/prefetch.ts';
import { relayEvents } from '../../../lambdas/tokenization/relay-events.ts';
import { PURGED_KINDS } from '../../../lambdas/tokenization/settle-reservations.ts';
import type { RequestContext, Tokenizer } from '../../../lambdas/tokenization/tokenizer.ts';
import type { PooledParts } from '../../../lambdas/tokenization/tokenizer-dependencies.ts';
import { BULK_TOKENIZE_LIMIT } from '../../../lambdas/tome/contract/contract.ts';
import { defaultRulesUnder } from '../../support/tome-profiles.ts';
import { claimName } from '../checker/evidence.ts';
import { interceptQueue, interceptSql, interceptTome } from './intercepted-ports.ts';
import type { Interceptor } from './interceptor.ts';
import type { World } from './world.ts';
import { logged, writeLog } from './written-log.ts';

/** Two callers that use the same few Idempotency-Keys. */
const CALLERS = {
  first: { account: '000000000001', principal: 'role/client', session: null },
  second: { account: '000000000002', principal: 'role/client', session: null },
} as const;
const NO_ORIGIN = {
  sourceAddress: null,
  gatewayRequestId: null,
  gatewayExtendedRequestId: null,
  functionRequestId: null,
};

/** A process of the product, composed as in `lambdas/composition`, with intercepted calls. */
export interface ProcessUnderTest {
  readonly tokenizer: Tokenizer;
  readonly context: () => RequestContext;
  /** The caller of all its requests. */
  readonly caller: keyof typeof CALLERS;
  prefetch(target: number, inBulk?: boolean): Promise<unknown>;
  settle(horizonSeconds: number): Promise<unknown>;
  fence(): Promise<unknown>;
  relay(): Promise<unknown>;
  /** Lets the harness act as one step of this process. */
  step(name: string, act: () => Promise<void>): Promise<void>;
}

export interface ProcessSettings {
  /** How long a request holds its key. 0 by default: a retry can take the key over at once. */
  readonly holdSeconds?: number;
  /** How long a lease of prefetch lasts. At 0 every run overtakes the run before it. */
  readonly leaseSeconds?: number;
  /** See `TomeInterception`. */
  readonly lookupsMayBeWrong?: boolean;
  readonly caller?: keyof typeof CALLERS;
  /** Whether requests begin after their deadline, as after a long freeze. */
  readonly isLate?: boolean;
  /** What a new reference must satisfy. By default the rules of the default settings. */
  readonly rules?: ReferenceRules;
  readonly unacceptableReferences?: PooledParts['unacceptableReferences'];
  readonly report?: PooledParts['report'];
}

const claimOf = claimWith('a secret for tests that is long enough');

export function startProcess(
  world: World,
  interceptor: Interceptor,
  {
    holdSeconds = 0,
    leaseSeconds = 60,
    lookupsMayBeWrong = false,
    caller = 'first',
    isLate = false,
    rules = defaultRulesUnder(world.profile),
    unacceptableReferences = 'accept-and-count',
    report,
  }: ProcessSettings = {},
): ProcessUnderTest {
  const runner = interceptSql(world.database, interceptor);
  let held: string | null = null;
  const tome = interceptTome(world.tome, interceptor, {
    dispatches: world.dispatches,
    heldReservation: () => held,
    otherCardsToken: (namespace) => world.simulator.vaults[namespace].strangersToken(),
    lookupsMayBeWrong,
    orderFault: (namespace, operation, kind) =>
      void world.simulator.faults.order({ namespace, operation, kind, count: 1 }),
    isOverHttp: world.tome !== world.inProcessTome,
  });
  const storeSettings = { holdSeconds, retentionSeconds: 3_600, directCreationsPerSecond: 1_000 };
  const refillStore = createRefillStore(runner, { leaseSeconds, maxMappingFailures: 3, expiryMarginSeconds: 0 });
  const tokenizer = createPooledTokenizer({
    tome,
    storeUntil(deadlineMs) {
      const store = createPairStore(interceptSql(world.database.until(deadlineMs), interceptor), storeSettings);
      return {
        ...store,
        async reserve(...args) {
          const outcome = await store.reserve(...args);
          held = outcome.outcome === 'reserved' ? outcome.reservation.id : null;
          return outcome;
        },
      };
    },
    clock: systemClock,
    ...rules,
    unacceptableReferences,
    newReservationId: randomUUID,
    claimOf: (...args) => {
      const claim = claimOf(...args);
      world.claims.set(claimName(claim.keyHash, claim.fingerprint), args[1].reveal());
      return claim;
    },
    recordDisclosure: (record) => world.disclosures.push(record),
    report(event, context, cause) {
      const { correlationId } = context;
      writeLog(world, { event, correlationId, ...(cause === undefined ? {} : { error: describe(cause) }) });
      report?.(event, context, cause);
    },
  });
  const deadlineMs = (): number => systemClock.monotonicMs() + 240_000;
  return {
    tokenizer,
    caller,
    context: () => ({
      deadlineMs: isLate ? systemClock.monotonicMs() - 1 : deadlineMs(),
      correlationId: randomUUID(),
      caller: CALLERS[caller],
      origin: NO_ORIGIN,
    }),
    step: (name, act) => interceptor.around({ kind: 'harness', name }, act),
    prefetch: (target, inBulk = false) =>
      logged(world, 'prefetch', async () => {
        await runner.run(takeRefillRequest);
        return prefetch(
          {
            tome,
            store: refillStore,
            poolLevel: () => runner.run(readPoolHealth),
            clock: systemClock,
            ...rules,
            settings: {
              targetMin: target,
              targetMax: target,
              coverMinutes: 0,
              lowWaterRatio: 0,
              leadMinutes: 0,
              batchSize: Math.min(world.profile.limits.tokensPerPrefetch, Math.max(5, Math.ceil(target / 4))),
              mappingConcurrency: 1,
              activationChunk: Math.max(2, Math.ceil(target / 20)),
              bulkItems: inBulk ? (world.profile.bulkItems ?? BULK_TOKENIZE_LIMIT) : null,
            },
          },
          { runId: randomUUID(), deadlineMs: deadlineMs() },
        );
      }),
    settle: (horizonSeconds) =>
      logged(world, 'settle', async () => {
        const settled = await runner.run((sql) => settleReservations(sql, horizonSeconds, 100));
        const retired = await runner.run((sql) => retireExpired(sql, 100));
        for (const kind of PURGED_KINDS) await runner.run((sql) => purgeExpired(sql, kind, 100));
        return { settled, retired };
      }),
    fence: () => logged(world, 'fence', () => runner.run(fenceRestored)),
    relay: () =>
      logged(world, 'relay', () =>
        relayEvents(
          {
            outbox: {
              take: (limit) => runner.run((sql) => takeEvents(sql, limit, 0)),
              close: (events) => runner.run((sql) => closeEvents(sql, events)),
            },
            queue: interceptQueue(world.events, interceptor),
            clock: systemClock,
            words: { domain: 'card', type: 'card-created', referenceField: 'cardReferenceId' },
            batchSize: 50,
            onRefused: (refusals) => writeLog(world, { refusals }),
          },
          deadlineMs(),
        ),
      ),
  };
}
