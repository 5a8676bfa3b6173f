import { systemClock } from '../../lambdas/runtime/system-clock.ts';
import type { Tome } from '../../lambdas/tokenization/ports/tome.ts';
import { createHttpTome } from '../../lambdas/tome/client/http-tome.ts';
import { TomeClient, type TomeClientOptions, type TomeSettings } from '../../lambdas/tome/client/tome-client.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { simulatorProfile } from './tome-profiles.ts';

export interface PlainTomeOptions extends Partial<Omit<TomeClientOptions, 'settings' | 'profile'>> {
  /** In place of the settings that `plainTome` says. */
  readonly settings?: Partial<TomeSettings>;
  /** The date, from which the lifetime of unassigned tokens counts. */
  readonly dateMs?: () => number;
}

/**
 * TOME at a URL, called over HTTP once for each call: without retries, limits and breakers, if the
 * options do not set them.
 */
export function plainTome(
  baseUrl: string,
  profile: TomeProfile = simulatorProfile,
  { settings = {}, dateMs, ...options }: PlainTomeOptions = {},
): Tome {
  const client = new TomeClient({
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
      ...settings,
    },
    clock: systemClock,
    random: () => 0.5,
    ...options,
    profile,
  });
  return createHttpTome(client, profile, undefined, dateMs);
}
