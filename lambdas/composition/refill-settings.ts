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

/**
 * How many seconds before the expiry of its tokens a pair leaves the pool. At most half of the
 * tokens' lifetime: with a margin as long as the lifetime, each pair would leave the pool at once.
 */
export const expiryMarginSecondsOf = (settings: Settings<'domain' | 'prefetch'>): number =>
  Math.min(
    settings.EXPIRY_MARGIN_SECONDS,
    ((settings.TOME_PROFILE.tokenLifetimeHours ?? Number.POSITIVE_INFINITY) * SECONDS_PER_HOUR) / 2,
  );

const SECONDS_PER_HOUR = 3_600;
