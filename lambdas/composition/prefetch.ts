import { readPoolHealth } from '../pool/pool-health.ts';
import { takeRefillRequest } from '../pool/pool-jobs.ts';
import { createRefillStore } from '../pool/refill-store.ts';
import { CLOSING_MS, type JobRun } from '../runtime/job-handler.ts';
import { count } from '../runtime/metrics.ts';
import { readSettings } from '../runtime/settings.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { type PrefetchResult, prefetch } from '../tokenization/refill/prefetch.ts';
import type { PrefetchTally } from '../tokenization/refill/prefetch-run.ts';
import { composeJobDatabase } from './database.ts';
import { refillSettingsOf } from './refill-settings.ts';
import { composeTome } from './tome.ts';

export interface ComposedPrefetch {
  readonly run: (run: JobRun) => Promise<PrefetchResult>;
  readonly timeLimitMs: number;
  close(): Promise<void>;
}

/** What the prefetch job needs, wired at cold start. Throws InvalidSettings. */
export async function composePrefetch(onProgress?: (progress: PrefetchTally) => void): Promise<ComposedPrefetch> {
  const settings = readSettings(['domain', 'database', 'tome', 'pool', 'prefetch']);
  const database = await composeJobDatabase(settings);
  const storeSettings = {
    leaseSeconds: settings.PREFETCH_LEASE_SECONDS,
    maxMappingFailures: settings.PREFETCH_MAX_MAPPING_FAILURES,
    expiryMarginSeconds: settings.EXPIRY_MARGIN_SECONDS,
  };
  const shared = {
    tome: composeTome(settings),
    clock: systemClock,
    luhnPolicy: settings.REFERENCE_LUHN,
    settings: {
      ...refillSettingsOf(settings),
      batchSize: settings.PREFETCH_BATCH_SIZE,
      mappingConcurrency: settings.PREFETCH_MAPPING_CONCURRENCY,
      activationChunk: settings.PREFETCH_ACTIVATION_CHUNK,
      bulkTokenize: settings.PREFETCH_BULK_TOKENIZE,
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
 * A run that ends in order may still have brought too little. Running out of time is in order as long as pairs came: the next run goes on. A run that
 * found another one at work, or was overtaken by it, leaves the word to that one.
 */
function countForAlarms({ outcome, stoppedBy, activated }: PrefetchResult): void {
  if (outcome === 'already-running' || outcome === 'overtaken') return;
  const isAsPlanned = outcome === 'full' || (stoppedBy === 'out-of-time' && activated > 0);
  count(isAsPlanned ? 'PrefetchSucceeded' : 'PrefetchFellShort', {});
}
