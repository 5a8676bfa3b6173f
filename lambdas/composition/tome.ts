import { logger } from '../runtime/logging/logger.ts';
import { count, time } from '../runtime/metrics.ts';
import type { Settings } from '../runtime/setting-groups.ts';
import { systemClock } from '../runtime/system-clock.ts';
import type { Tome } from '../tokenization/ports/tome.ts';
import type { TomeRateLimited } from '../tokenization/tome-errors.ts';
import { createHttpTome } from '../tome/client/http-tome.ts';
import { TomeClient } from '../tome/client/tome-client.ts';
import { sourceFormOf } from './domain-settings.ts';
import { composeTomeAccess, type TomeAccess } from './tome-access.ts';

/** The outcome of a call that TOME refused with 429. */
const RATE_LIMITED: TomeRateLimited['code'] = 'tome-rate-limited';

/**
 * TOME's client, which counts and times every call. Without `access` it composes its own; rejects
 * with the errors of `composeTomeAccess`.
 */
export async function composeTome(
  settings: Settings<'domain' | 'tome'>,
  access?: TomeAccess,
  dateMs: () => number = Date.now,
): Promise<Tome> {
  const { authentication, certificate } = access ?? (await composeTomeAccess(settings));
  const profile = settings.TOME_PROFILE;
  const client = new TomeClient({
    settings: {
      baseUrl: settings.TOME_URL,
      attemptTimeoutMs: settings.TOME_ATTEMPT_TIMEOUT_MS,
      maxAttempts: settings.TOME_MAX_ATTEMPTS,
      backoffBaseMs: settings.TOME_BACKOFF_BASE_MS,
      backoffCapMs: settings.TOME_BACKOFF_CAP_MS,
      retryRatio: settings.TOME_RETRY_RATIO,
      breaker: { failures: settings.TOME_BREAKER_FAILURES, openMs: settings.TOME_BREAKER_OPEN_MS },
      batchCallsPerSecond: settings.TOME_BATCH_CALLS_PER_SECOND,
      liveCallsPerSecond: settings.TOME_LIVE_CALLS_PER_SECOND,
    },
    profile,
    authentication,
    certificate,
    clock: systemClock,
    random: Math.random,
    onCall({ namespace, operation, lane, outcome, durationMs }) {
      count('TomeCalls', { namespace, operation, lane, outcome });
      // A counter without dimensions, because an alarm can add at most ten metrics.
      if (outcome === RATE_LIMITED) count('TomeRateLimited', {});
      time('TomeCallDuration', { namespace, operation, lane }, durationMs);
    },
    // A creation that is not sent because of an earlier 429 counts too: TOME has no capacity.
    onThrottled: () => count('TomeRateLimited', {}),
    onBreaker({ namespace, operation, state }) {
      count('BreakerChanges', { namespace, operation, state });
      if (state === 'open') count('BreakerOpened', {});
      logger.warn('circuit breaker', { namespace, operation, state });
    },
  });
  return createHttpTome(client, profile, sourceFormOf(settings), dateMs);
}
