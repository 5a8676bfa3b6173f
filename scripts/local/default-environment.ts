import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { useDomainDefaults } from './domain-defaults.ts';
import { localRates } from './local-rates.ts';

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
  const defaults = { ...DEFAULTS, ...localRates(profile) };
  for (const [name, value] of Object.entries(defaults)) process.env[name] ??= value;
  useDomainDefaults();
}
