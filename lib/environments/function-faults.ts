import { functionNames, isRoute } from '../../lambdas/function-names.ts';
import type { FunctionRow } from '../../lambdas/function-row.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import { valuesOf } from './domain-settings.ts';
import type { DomainSettings } from './environment.ts';
import { MIGRATION_WAIT_SECONDS, provisionedOf, releaseP99Of, scheduleOf, sizeOf } from './function-options.ts';
import { broken, type Rule } from './rule.ts';

/** API Gateway waits this long for a function. */
const MOST_ROUTE_SECONDS = 29;

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/**
 * What Lambda would refuse of the functions of a domain, and times that do not fit each other, one
 * sentence each. `provisioned`: the number of the environment. Without `areSettingsUsable`, no time
 * is compared with a setting.
 */
export function functionFaults(
  settings: DomainSettings,
  { provisioned, areSettingsUsable }: { readonly provisioned: number; readonly areSettingsUsable: boolean },
): readonly string[] {
  const written = Object.keys(settings.functions ?? {});
  const unknown = written.filter((name) => !functionNames().some((known) => known === name));
  const rules = functionNames().flatMap((name) => {
    const ofFunction = [
      ...sizeRules(settings, name, provisioned),
      ...scheduleRules(settings, name),
      ...(areSettingsUsable ? timeRules(settings, name) : []),
    ];
    return ofFunction.map(([holds, sentence]): Rule => [holds, `functions.${name}.${sentence}`]);
  });
  return [
    ...(areSettingsUsable ? statementFaults(settings) : []),
    ...unknown.map((name) => `functions.${name} is no function.`),
    ...broken(rules),
  ];
}

function sizeRules(settings: DomainSettings, name: FunctionName, provisioned: number): readonly Rule[] {
  const { memoryMb, timeoutSeconds, reservedConcurrency } = sizeOf(settings, name);
  const row: FunctionRow = FUNCTIONS[name];
  const statementSeconds = row.database?.limits.statementSeconds ?? 0;
  const rules: readonly Rule[] = [
    [isWhole(memoryMb, 128, 10_240), 'memoryMb must be a whole number from 128 to 10240.'],
    [isWhole(timeoutSeconds, 1, 900), 'timeoutSeconds must be a whole number from 1 to 900.'],
    [
      timeoutSeconds > statementSeconds,
      `timeoutSeconds must be above ${statementSeconds}, how long the database runs its statements.`,
    ],
  ];
  if (!isRoute(name)) {
    return [
      ...rules,
      [
        reservedConcurrency === null || reservedConcurrency === 1,
        'reservedConcurrency must be 1 or null, because a job has one run at a time.',
      ],
      [
        name !== 'migrate' || timeoutSeconds < MIGRATION_WAIT_SECONDS,
        `timeoutSeconds must be below ${MIGRATION_WAIT_SECONDS}, how long the deployment waits.`,
      ],
    ];
  }
  const kept = provisionedOf(settings, name, provisioned);
  return [
    ...rules,
    [
      timeoutSeconds <= MOST_ROUTE_SECONDS,
      `timeoutSeconds must be at most ${MOST_ROUTE_SECONDS}, how long API Gateway waits.`,
    ],
    [
      reservedConcurrency === null || isWhole(reservedConcurrency, 1, Number.MAX_SAFE_INTEGER),
      'reservedConcurrency must be a whole number from 1, because 0 would close the route.',
    ],
    [
      isWhole(provisionedOf(settings, name, 0), 0, Number.MAX_SAFE_INTEGER),
      'provisionedConcurrency must be a whole number from 0.',
    ],
    [
      reservedConcurrency === null || kept <= reservedConcurrency,
      'provisionedConcurrency must not be above reservedConcurrency.',
    ],
    [
      isWhole(releaseP99Of(settings, name), 1, timeoutSeconds * 1_000),
      'releaseP99Ms must be a whole number from 1 to the timeout.',
    ],
  ];
}

function scheduleRules(settings: DomainSettings, name: FunctionName): readonly Rule[] {
  if (isRoute(name)) return [];
  const schedule = scheduleOf(settings, name);
  const written: object = settings.functions?.[name] ?? {};
  return [
    [
      schedule === null || isWhole(schedule.everyMinutes, 1, 1_440),
      'everyMinutes must be a whole number from 1 to 1440.',
    ],
    [
      !('everyMinutes' in written) || (schedule !== null && name !== 'pool-health'),
      'everyMinutes must not be set, because its schedule is fixed or it has none.',
    ],
  ];
}

/** The role of a function in the database ends its statements at a time that is fixed. */
function statementFaults({ settings }: DomainSettings): readonly string[] {
  const mostMs = FUNCTIONS['create-card'].database.limits.statementSeconds * 1_000;
  return valuesOf(['database'], settings).DATABASE_QUERY_TIMEOUT_MS <= mostMs
    ? []
    : [`DATABASE_QUERY_TIMEOUT_MS must be at most ${mostMs}, when the database ends the statements of requests.`];
}

/** Work ends by its own limit first, which answers or continues later. Lambda only kills. */
function timeRules(settings: DomainSettings, name: FunctionName): readonly Rule[] {
  const values = valuesOf(['request', 'prefetch', 'relay'], settings.settings);
  const timeoutMs = sizeOf(settings, name).timeoutSeconds * 1_000;
  const above = (setting: 'REQUEST_DEADLINE_MS' | 'PREFETCH_TIME_LIMIT_MS' | 'RELAY_TIME_LIMIT_MS'): Rule => [
    timeoutMs > values[setting],
    `timeoutSeconds must be above ${setting}, or Lambda would end a run before its own limit does.`,
  ];
  if (isRoute(name)) return [above('REQUEST_DEADLINE_MS')];
  if (name === 'prefetch') return [above('PREFETCH_TIME_LIMIT_MS')];
  return name === 'relay-events' ? [above('RELAY_TIME_LIMIT_MS')] : [];
}
