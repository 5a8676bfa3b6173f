import { readPoolHealth } from '../pool/pool-health.ts';
import { takeRefillRequest } from '../pool/pool-jobs.ts';
import { createRefillStore } from '../pool/refill-store.ts';
import { CLOSING_MS, type ComposedJob } from '../runtime/job-handler.ts';
import { count } from '../runtime/metrics.ts';
import { readSettings } from '../runtime/settings.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { type PrefetchResult, prefetch } from '../tokenization/refill/prefetch.ts';
import type { PrefetchTally } from '../tokenization/refill/prefetch-run.ts';
import { composeJobDatabase } from './database.ts';
import { referenceRulesOf } from './reference-rules.ts';
import { expiryMarginSecondsOf, refillSettingsOf } from './refill-settings.ts';
import { composeTome } from './tome.ts';

export interface ComposedPrefetch extends ComposedJob<PrefetchResult> {
  close(): Promise<void>;
}

/** Connects prefetch with the database and TOME. Throws InvalidSettings. */
export async function composePrefetch(onProgress?: (progress: PrefetchTally) => void): Promise<ComposedPrefetch> {
  const settings = readSettings('prefetch');
  const profile = settings.TOME_PROFILE;
  const [database, tome] = await Promise.all([composeJobDatabase(settings), composeTome(settings)]);
  const storeSettings = {
    leaseSeconds: settings.PREFETCH_LEASE_SECONDS,
    maxMappingFailures: settings.PREFETCH_MAX_MAPPING_FAILURES,
    expiryMarginSeconds: expiryMarginSecondsOf(settings),
  };
  const shared = {
    tome,
    clock: systemClock,
    ...referenceRulesOf(settings),
    settings: {
      ...refillSettingsOf(settings),
      batchSize: Math.min(settings.PREFETCH_BATCH_SIZE, profile.limits.tokensPerPrefetch),
      mappingConcurrency: settings.PREFETCH_MAPPING_CONCURRENCY,
      activationChunk: settings.PREFETCH_ACTIVATION_CHUNK,
      bulkItems: settings.PREFETCH_BULK_TOKENIZE ? profile.bulkItems : null,
    },
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  return {
    async run({ runId, deadlineMs }) {
      const statements = database.until(deadlineMs + CLOSING_MS);
      await statements.run(takeRefillRequest);
      const dependencies = {
        ...shared,
        store: createRefillStore(statements, storeSettings),
        poolLevel: () => statements.run(readPoolHealth),
      };
      const result = await prefetch(dependencies, { runId, deadlineMs });
      countForAlarms(result);
      return result;
    },
    timeLimitMs: settings.PREFETCH_TIME_LIMIT_MS,
    close: () => database.close(),
  };
}

/**
 * A run without an error can still bring too few pairs, which an alarm reports. A run that runs out
 * of time succeeds if it brought pairs: the next run continues. A run that does not hold the lease
 * is not counted, because the run that holds it is.
 */
function countForAlarms({ outcome, stoppedBy, activated }: PrefetchResult): void {
  if (outcome === 'already-running' || outcome === 'overtaken') return;
  const isAsPlanned = outcome === 'full' || (stoppedBy === 'out-of-time' && activated > 0);
  count(isAsPlanned ? 'PrefetchSucceeded' : 'PrefetchFellShort', {});
}
