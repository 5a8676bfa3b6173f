import { refillSettingsOf } from '../../../../lambdas/composition/refill-settings.ts';
import { readSettings } from '../../../../lambdas/runtime/settings.ts';
import type { DaySettings } from './day-model.ts';

/** The limit of TOME in UAT. The limit in production is not confirmed. */
const TOME_PER_SECOND = 250;
/** The schedules of the deployment: health each minute, a prefetch each hour. */
const HEALTH_EVERY_SECONDS = 60;
const PREFETCH_EVERY_SECONDS = 3_600;

/** Reads the settings of the functions from the environment. Throws InvalidSettings. */
export function daySettings(environment: Readonly<Record<string, string | undefined>> = process.env): DaySettings {
  const settings = readSettings(['pool', 'prefetch', 'creation', 'tome'], {
    ...environment,
    TOME_URL: environment['TOME_URL'] ?? 'http://not.called',
  });
  return {
    ...refillSettingsOf(settings),
    batchSize: settings.PREFETCH_BATCH_SIZE,
    activationChunk: settings.PREFETCH_ACTIVATION_CHUNK,
    batchPerSecond: settings.TOME_BATCH_CALLS_PER_SECOND,
    timeLimitSeconds: settings.PREFETCH_TIME_LIMIT_MS / 1_000,
    directPerSecond: settings.DIRECT_CREATIONS_PER_SECOND,
    tomePerSecond: TOME_PER_SECOND,
    healthEverySeconds: HEALTH_EVERY_SECONDS,
    prefetchEverySeconds: PREFETCH_EVERY_SECONDS,
  };
}
