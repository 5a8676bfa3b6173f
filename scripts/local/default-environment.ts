import { VOCABULARIES, vocabularyOfDomain } from '../../lambdas/vocabulary.ts';

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

/** The account numbers of the producer domain `program`, as in lib/environments/environments.ts. */
const ACCOUNT_DEFAULTS = { SOURCE_LENGTHS: '10-19', SOURCE_CHECK_DIGIT: 'none' } as const;

/** Sets what CDK sets for the functions on AWS. A variable that has a value keeps it. */
export function useDefaultEnvironment(): void {
  setAbsent(DEFAULTS);
  if (vocabularyOfDomain(process.env['PRODUCER_DOMAIN'] ?? '') === VOCABULARIES.account) {
    setAbsent({ SOURCE_FORM: 'account-number' });
  }
  if (process.env['SOURCE_FORM'] === 'account-number') setAbsent(ACCOUNT_DEFAULTS);
}

/** An empty variable counts as absent. */
function setAbsent(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) process.env[name] ||= value;
}
