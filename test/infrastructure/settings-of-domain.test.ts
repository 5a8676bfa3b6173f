import { globSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { functionNames, routeNames } from '../../lambdas/function-names.ts';
import { FUNCTION_SETTINGS, type FunctionName } from '../../lambdas/functions.ts';
import { type GroupName, settingGroups } from '../../lambdas/runtime/setting-groups.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import { ALARM_THRESHOLDS, type Thresholds } from '../../lib/environments/alarm-thresholds.ts';
import { DECIDED_SETTINGS } from '../../lib/environments/decided-settings.ts';
import type { AwsEnvironment, DomainSettings } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import type { WrittenFunctions } from '../../lib/environments/function-options.ts';
import { synthesize } from './synthesize-environment.ts';
import type { Resource } from './synthesized-environment.ts';

type Values = Readonly<Record<string, string | number | boolean>>;

const dev = ENVIRONMENTS.dev as AwsEnvironment;
const card = dev.domains.card as DomainSettings;
const PARSERS: Readonly<Record<string, z.core.$ZodType>> = Object.assign({}, ...Object.values(settingGroups));
const isDecided = (name: string): boolean => name in DECIDED_SETTINGS;
const settable = Object.keys(PARSERS).filter((name) => !isDecided(name));

/** Values that no rule derives: settings without a default, and choices. */
const CHOSEN: Values = {
  SOURCE_FORM: 'account-number',
  SOURCE_LENGTHS: '12,16',
  SOURCE_CHECK_DIGIT: 'luhn',
  REFERENCE_FORMAT: 'tome',
  REFERENCE_LUHN: 'any',
  TOKENIZER: 'direct',
  UNACCEPTABLE_REFERENCES: 'refuse',
};

/** For each setting that an environment may contain, a value that is not its default. */
const others: Values = Object.fromEntries(
  settable.map((name) => {
    const chosen = CHOSEN[name];
    if (chosen !== undefined) return [name, chosen];
    const fallback = z.parse(PARSERS[name] ?? z.never(), undefined);
    if (typeof fallback === 'boolean') return [name, !fallback];
    if (typeof fallback !== 'number') throw new Error(`${name}: choose a value for this test.`);
    const lower = Number.isInteger(fallback) ? fallback - 1 : fallback / 2;
    return [name, z.safeParse(PARSERS[name] ?? z.never(), String(lower)).success ? lower : fallback + 1];
  }),
);

test('every setting is one that an environment may contain, or is decided by the deployment for a reason', () => {
  expect(Object.keys(DECIDED_SETTINGS).filter((name) => !(name in PARSERS))).toEqual([]);
  expect(settable.length).toBeGreaterThan(45);
  expect(settable.filter((name) => others[name] === undefined)).toEqual([]);
});

/** Other sizes for every function, and another schedule for every job that may have one. */
const routeOptions = {
  memoryMb: 2_048,
  timeoutSeconds: 12,
  reservedConcurrency: 7,
  provisionedConcurrency: 3,
  releaseP99Ms: 2_000,
};
const jobOptions = { memoryMb: 640, timeoutSeconds: 830, reservedConcurrency: null };
const functions: WrittenFunctions = {
  'create-card': routeOptions,
  lookup: routeOptions,
  'lookup-or-tokenize': routeOptions,
  detokenize: routeOptions,
  pool: routeOptions,
  prefetch: { ...jobOptions, everyMinutes: 30 },
  'pool-health': jobOptions,
  'settle-reservations': { ...jobOptions, everyMinutes: 2 },
  'relay-events': { ...jobOptions, everyMinutes: 3 },
  'fence-restored': { ...jobOptions, timeoutSeconds: 860 },
  migrate: jobOptions,
};

/** Other thresholds for every alarm that has one. */
const alarms = Object.fromEntries(
  Object.entries(ALARM_THRESHOLDS).map(([name, { fallback }]) => [name, fallback + 1]),
) as Thresholds;

describe('an environment with another value for every setting', () => {
  let resources: readonly Resource[];
  let variablesOf: (name: FunctionName) => Readonly<Record<string, string>>;

  beforeAll(() => {
    const settings = { ...card.settings, ...others } as DomainSettings['settings'];
    const tomeProfile = { ...SHIPPED_PROFILES.simulator, name: 'with-bulk', bulkItems: 100 };
    const domains = { card: { ...card, settings, tomeProfile, functions, alarms } };
    resources = synthesize({ ...dev, domains }, { isChecked: false }).resources;
    variablesOf = (name) => {
      const found = resources.find(({ properties }) => properties.FunctionName === `dev-card-${name}`);
      return found?.properties.Environment.Variables ?? {};
    };
  });

  test.each(functionNames())('%s has each setting that it reads, and no other', (name) => {
    const read = FUNCTION_SETTINGS[name].flatMap((group: GroupName) => Object.keys(settingGroups[group]));
    const given = Object.entries(variablesOf(name)).filter(([variable]) => settable.includes(variable));
    const expected = read.filter((setting) => !isDecided(setting)).map((setting) => [setting, String(others[setting])]);
    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(expected));
    expect(given.length).toBeGreaterThan(10);
  });

  test.each(functionNames())('%s has the size that the environment gives it', (name) => {
    const found = resources.find(({ properties }) => properties.FunctionName === `dev-card-${name}`);
    const { memoryMb, timeoutSeconds, reservedConcurrency } = functions[name] ?? {};
    expect(found?.properties).toMatchObject({ MemorySize: memoryMb, Timeout: timeoutSeconds });
    expect(found?.properties.ReservedConcurrentExecutions).toBe(reservedConcurrency ?? undefined);
  });

  test('each route keeps as many instances initialized, and rolls back above the duration, that it should', () => {
    const ofType = (type: string) => resources.filter((resource) => resource.type === type);
    const warm = ofType('AWS::Lambda::Alias').map(
      ({ properties }) => properties.ProvisionedConcurrencyConfig?.ProvisionedConcurrentExecutions,
    );
    expect(warm).toEqual(routeNames().map(() => 3));
    const slow = ofType('AWS::CloudWatch::Alarm').filter(({ id }) => /^Release.*Latency/.test(id));
    expect(slow.map(({ properties }) => properties.Threshold)).toEqual(routeNames().map(() => 2_000));
  });

  test('the schedules are those of the environment, and alarms on late work follow them', () => {
    const rates = resources
      .filter(({ type }) => type === 'AWS::Scheduler::Schedule')
      .map(({ properties }) => [properties.Name, properties.ScheduleExpression]);
    expect(Object.fromEntries(rates)).toEqual({
      prefetch: 'rate(30 minutes)',
      'pool-health': 'rate(1 minute)',
      'settle-reservations': 'rate(2 minutes)',
      'relay-events': 'rate(3 minutes)',
    });
    const alarm = (name: string) =>
      resources.find(({ properties }) => properties.AlarmName === `dev-card-${name}`)?.properties;
    expect(alarm('outbox-age').Threshold).toBe(5 * 3 * 60);
    expect(alarm('stale-reservations').Threshold).toBe(Number(others['RESERVATION_HORIZON_SECONDS']) + 5 * 2 * 60);
    // Two runs of prefetch and the longest duration of one, in periods of five minutes.
    expect(alarm('prefetch-missed').EvaluationPeriods).toBe(Math.ceil((2 * 30 + 14) / 5));
  });

  test.each(Object.entries(ALARM_THRESHOLDS))('the alarm %s has the threshold of the environment', (name, usual) => {
    const own = resources.filter(
      ({ properties }) =>
        properties.AlarmName === `dev-card-${name}` || properties.AlarmName?.startsWith(`dev-card-${name}-issuing`),
    );
    expect(own).toHaveLength(1);
    const { Threshold, Metrics } = own[0]?.properties ?? {};
    if (name === 'detokenize-unusual-for-the-hour') {
      expect(JSON.stringify(Metrics)).toContain(`ANOMALY_DETECTION_BAND(m0, ${usual.fallback + 1})`);
    } else {
      expect(Threshold).toBe((usual.fallback + 1) * (name === 'proxy-slow' ? 1_000 : 1));
    }
  });

  test('prefetch starts with these values', () => {
    expect(readSettings('prefetch', variablesOf('prefetch'))).toMatchObject({
      PREFETCH_BATCH_SIZE: 4_999,
      PREFETCH_BULK_TOKENIZE: true,
      EXPIRY_MARGIN_SECONDS: 86_399,
    });
  });
});

test('every setting that the probe names can be set', () => {
  const probe = globSync('scripts/cli/probe/*.ts').map((file) => readFileSync(file, 'utf8'));
  const named = probe.flatMap((text) =>
    [...text.matchAll(/setting: \{ name: '([A-Z_]+)'/g)].map(([, name = '']) => name),
  );
  expect(new Set(named)).toEqual(
    new Set(['EXPIRY_MARGIN_SECONDS', 'REFERENCE_LUHN', 'TOME_ATTEMPT_TIMEOUT_MS', 'PREFETCH_BULK_TOKENIZE']),
  );
  expect(named.filter((name) => !settable.includes(name))).toEqual([]);
});

test('every setting that the runbook says to change can be set', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8').replaceAll(/\s+/g, ' ');
  const changed = [...runbook.matchAll(/(?:[Rr]aise|lower|set) `([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name);
  expect(changed.length).toBeGreaterThan(4);
  expect(changed.filter((name) => !settable.includes(name))).toEqual([]);
});
