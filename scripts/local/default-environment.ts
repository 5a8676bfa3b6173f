const DEFAULTS = {
  DATABASE_MAX_CONNECTIONS: '10',
  // Long enough for a thousand creations at once, which wait for the rate limit of TOME.
  REQUEST_DEADLINE_MS: '15000',
  TOME_LIVE_CALLS_PER_SECOND: '225',
  // API, jobs and simulator share one process, so a busy moment of the process can delay an answer.
  TOME_ATTEMPT_TIMEOUT_MS: '4000',
  POWERTOOLS_LOG_LEVEL: 'WARN',
  POWERTOOLS_METRICS_DISABLED: 'true',
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
} as const;

/** Sets what CDK sets for the functions on AWS. A variable that has a value keeps it. */
export function useDefaultEnvironment(): void {
  for (const [name, value] of Object.entries(DEFAULTS)) process.env[name] ??= value;
}
