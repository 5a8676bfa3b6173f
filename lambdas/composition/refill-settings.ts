import type { Settings } from '../runtime/setting-groups.ts';
import type { RefillSettings } from '../tokenization/refill/refill-plan.ts';

/** The refill plan's settings by their names in the environment. */
export const refillSettingsOf = (settings: Settings<'pool'>): RefillSettings => ({
  targetMin: settings.POOL_TARGET_MIN,
  targetMax: settings.POOL_TARGET_MAX,
  coverMinutes: settings.POOL_COVER_MINUTES,
  lowWaterRatio: settings.POOL_LOW_WATER_RATIO,
  leadMinutes: settings.POOL_REFILL_LEAD_MINUTES,
});
