import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { useDomainDefaults } from './domain-defaults.ts';

/** The share of TOME's rate limit that one process uses for callers who wait. */
const LIVE_SHARE = 0.9;

const DEFAULTS = {
  DATABASE_MAX_CONNECTIONS: '10',
  // Long enough for a thousand creations at once, which wait for the rate limit of TOME.
  REQUEST_DEADLINE_MS: '15000',
  // API, jobs and simulator share one process, so a busy moment of the process can delay an answer.
  TOME_ATTEMPT_TIMEOUT_MS: '4000',
  POWERTOOLS_LOG_LEVEL: 'WARN',
  POWERTOOLS_METRICS_DISABLED: 'true',
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
} as const;

/** Sets what CDK sets for the functions on AWS. A variable that has a value keeps it. */
export function useDefaultEnvironment(profile: TomeProfile): void {
  const defaults = { ...DEFAULTS, TOME_LIVE_CALLS_PER_SECOND: shareOfLimit(profile, LIVE_SHARE) };
  for (const [name, value] of Object.entries(defaults)) process.env[name] ??= value;
  useDomainDefaults();
}

/** The most calls a second that the settings allow. */
const MOST_CALLS_PER_SECOND = 10_000;

/** A share of the calls a second that TOME allows, as the text of a setting. */
export const shareOfLimit = ({ limits }: TomeProfile, share: number): string =>
  String(Math.min(MOST_CALLS_PER_SECOND, Math.max(1, Math.floor(limits.callsPerSecond * share))));
