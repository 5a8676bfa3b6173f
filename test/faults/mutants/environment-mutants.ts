import { edit, type Mutant } from './mutant.ts';

const LIMITS = 'limits that add up';
const CREDENTIALS = 'credentials of TOME';
const SETTINGS = 'settings of an environment';
const POLICIES = ['test/infrastructure/tome-access.test.ts'];
const FAULTS = ['test/infrastructure/tome-faults.test.ts'];

/** Bugs in what an environment may deploy, and in what its functions may read. */
export const ENVIRONMENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'the sum of planned calls has one domain only',
    kind: LIMITS,
    edits: [
      edit(
        'lib/environments/tome-limits.ts',
        'findExcess(domain.profile.limits, sharingWith(domain, domains))',
        'findExcess(domain.profile.limits, [domain])',
      ),
    ],
    tests: FAULTS,
  },
  {
    name: 'domains with another profile of the same TOME are not added up',
    kind: LIMITS,
    edits: [
      edit(
        'lib/environments/tome-limits.ts',
        '  return domains.filter((other) =>',
        '  return domains.filter((other) => other.profile.name === own.profile.name &&',
      ),
    ],
    tests: FAULTS,
  },
  {
    name: 'a function does not count the calls of the other domains at its start',
    kind: LIMITS,
    edits: [
      edit(
        'lambdas/tome/profile/planned-calls.ts',
        'counted === OF_REFILLS[limits.scope] && otherCalls > 0 ? otherCalls : 0',
        'counted === OF_REFILLS[limits.scope] && otherCalls < 0 ? otherCalls : 0',
      ),
    ],
    tests: ['test/unit/runtime/tome-limit-conflicts.test.ts'],
  },
  {
    name: 'a direct creation is counted as one call of tokenize',
    kind: LIMITS,
    edits: [
      edit(
        'lambdas/tome/profile/planned-calls.ts',
        'tokenize: { creation: 1, read: 0, direct: 2,',
        'tokenize: { creation: 1, read: 0, direct: 1,',
      ),
    ],
    tests: ['test/unit/tome/profile/planned-calls.test.ts'],
  },
  {
    name: 'a function that does not call TOME may read its secrets',
    kind: CREDENTIALS,
    edits: [
      edit(
        'lib/functions/function-policy.ts',
        'const tomeSecrets = access.tome ? tomeSecretArns(tome) : [];',
        'const tomeSecrets = tomeSecretArns(tome);',
      ),
    ],
    tests: POLICIES,
  },
  {
    name: 'a function that does not call TOME may invoke the methods of its API',
    kind: CREDENTIALS,
    edits: [
      edit(
        'lib/functions/function-policy.ts',
        '...(access.tome && executeApiArns.length > 0',
        '...(executeApiArns.length > 0',
      ),
    ],
    tests: POLICIES,
  },
  {
    name: 'the functions of a domain may read the secrets of the whole environment',
    kind: CREDENTIALS,
    edits: [
      edit(
        'lib/environments/tome-of-domain.ts',
        "settings.tomeCredentials ?? (environment.kind === 'aws' ? environment.tome : {});",
        "({ ...(environment.kind === 'aws' ? environment.tome : {}), ...settings.tomeCredentials });",
      ),
    ],
    tests: FAULTS,
  },
  {
    name: 'a missing secret does not stop the synthesis',
    kind: CREDENTIALS,
    edits: [
      edit(
        'lib/environments/credential-faults.ts',
        'if (askedBy !== null && !isGiven) {',
        'if (askedBy !== null && !isGiven && written === settings.tomeCredentials) {',
      ),
    ],
    tests: FAULTS,
  },
  {
    name: 'production can use the profile of the simulator for all its domains',
    kind: CREDENTIALS,
    edits: [
      edit(
        'lib/environments/tome-faults.ts',
        "environment.isProduction && profile.name === 'simulator'",
        "environment.isProduction && settings.tomeProfile === 'simulator'",
      ),
    ],
    tests: FAULTS,
  },
  {
    name: 'the settings of an environment do not reach the relay',
    kind: SETTINGS,
    edits: [
      edit(
        'lib/functions/function-environment.ts',
        'variablesOf(group, context.settings.settings)',
        "variablesOf(group === 'relay' ? 'strategy' : group, context.settings.settings)",
      ),
    ],
    tests: ['test/infrastructure/settings-of-domain.test.ts'],
  },
  {
    name: 'the synthesis does not compare settings with each other',
    kind: SETTINGS,
    edits: [
      edit(
        'lambdas/runtime/settings.ts',
        'parse(groups, environment, conflictsBesideLimits).faults',
        'parse(groups, environment, () => []).faults',
      ),
    ],
    tests: ['test/infrastructure/validate-environment.test.ts'],
  },
  {
    name: 'a function may be ended by Lambda before its own limit',
    kind: SETTINGS,
    edits: [
      edit(
        'lib/environments/function-faults.ts',
        'timeoutMs > values[setting],',
        'timeoutMs > values[setting] / 1_000,',
      ),
    ],
    tests: ['test/infrastructure/validate-environment.test.ts'],
  },
  {
    name: 'alarms keep their default thresholds',
    kind: SETTINGS,
    edits: [edit('lib/environments/alarm-thresholds.ts', '  ...alarms,\n', '  ...({} satisfies typeof alarms),\n')],
    tests: ['test/infrastructure/settings-of-domain.test.ts'],
  },
];
