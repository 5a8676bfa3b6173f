import { systemClock } from '../../lambdas/runtime/system-clock.ts';
import type { Tome } from '../../lambdas/tokenization/ports/tome.ts';
import { createHttpTome } from '../../lambdas/tome/client/http-tome.ts';
import { TomeClient } from '../../lambdas/tome/client/tome-client.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { simulatorProfile } from './tome-profiles.ts';

/** TOME at a URL, called over HTTP once for each call: without retries, limits and breakers. */
export const plainTome = (baseUrl: string, profile: TomeProfile = simulatorProfile): Tome =>
  createHttpTome(
    new TomeClient({
      settings: {
        baseUrl,
        attemptTimeoutMs: 120_000,
        maxAttempts: 1,
        backoffBaseMs: 1,
        backoffCapMs: 1,
        retryRatio: 0,
        breaker: { failures: 1_000_000, openMs: 1 },
        batchCallsPerSecond: 10_000,
        liveCallsPerSecond: 0,
      },
      clock: systemClock,
      random: () => 0.5,
      profile,
    }),
    profile,
  );
