import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { functionNames, isRoute, jobNames, routeNames, scheduledJobs } from '../../../lambdas/function-names.ts';
import type { FunctionRow } from '../../../lambdas/function-row.ts';
import { FUNCTION_SETTINGS, FUNCTIONS } from '../../../lambdas/functions.ts';
import { type GroupName, settingGroups } from '../../../lambdas/runtime/setting-groups.ts';
import { InvalidSettings, readSettings } from '../../../lambdas/runtime/settings.ts';

/** Everything that has no default. */
const ENVIRONMENT = {
  DATABASE_URL: 'postgres://somewhere',
  TOME_URL: 'http://somewhere',
  EVENT_QUEUE_URL: 'http://somewhere',
  IDEMPOTENCY_HMAC_SECRET: 'x'.repeat(32),
};

/** Files beside the handlers in lambdas/api. */
const NO_HANDLERS = ['gateway-responses', 'route-problems', 'routes', 'schemas'];

const namesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => !NO_HANDLERS.includes(name));

test('every route has a handler in lambdas/api, every other function in lambdas/jobs, and no handler lacks a row', () => {
  expect(namesIn('lambdas/api').toSorted()).toEqual(routeNames().toSorted());
  expect(namesIn('lambdas/jobs').toSorted()).toEqual(jobNames().toSorted());
});

test.each(functionNames())('%s reads exactly the settings of the groups that its row lists', (name) => {
  const groups: readonly GroupName[] = FUNCTION_SETTINGS[name];
  const known = new Set(groups.flatMap((group) => Object.keys(settingGroups[group])));
  const asked = new Set<string>();
  const recorded = new Proxy<Record<string, string>>(ENVIRONMENT, {
    get(environment, setting) {
      asked.add(String(setting));
      return environment[String(setting)];
    },
  });
  readSettings(name, recorded);
  expect(asked).toEqual(known);
});

test.each(functionNames())('%s reads the settings that its rights need, and no others of these', (name) => {
  const { kind, database, access }: FunctionRow = FUNCTIONS[name];
  const groups: readonly GroupName[] = FUNCTION_SETTINGS[name];
  const needed: Partial<Record<GroupName, boolean>> = {
    database: database !== null || access.secrets.includes('administrator'),
    tome: access.tome,
    idempotency: access.secrets.includes('idempotency'),
    relay: access.queues.includes('card-events'),
    callers: kind === 'route' && access.tome,
  };
  for (const [group, isNeeded] of Object.entries(needed)) {
    expect([group, groups.includes(group as GroupName)]).toEqual([group, isNeeded]);
  }
});

test('a function does not fail for a setting of a group that its row does not list', () => {
  expect(() => readSettings('pool', { ...ENVIRONMENT, RELAY_BATCH_SIZE: 'many' })).not.toThrow();
  expect(() => readSettings('relay-events', { ...ENVIRONMENT, RELAY_BATCH_SIZE: 'many' })).toThrow(InvalidSettings);
});

test('no two routes have the same method and path', () => {
  const requests = routeNames().map((name) => `${FUNCTIONS[name].http.method} ${FUNCTIONS[name].http.path}`);
  expect(new Set(requests).size).toBe(requests.length);
});

test('no statement of a role may take longer than its function', () => {
  for (const name of functionNames()) {
    const { database, lambda }: FunctionRow = FUNCTIONS[name];
    expect(database?.limits.statementSeconds ?? 0, name).toBeLessThan(lambda.timeoutSeconds);
  }
});

test('a statement of a request ends in the database when its caller stops waiting for it', () => {
  const { DATABASE_QUERY_TIMEOUT_MS } = readSettings(['database'], ENVIRONMENT);
  for (const name of routeNames().filter((route) => FUNCTIONS[route].access.tome)) {
    expect(FUNCTIONS[name].database.limits.statementSeconds * 1_000, name).toBe(DATABASE_QUERY_TIMEOUT_MS);
  }
});

test('a job without a schedule is started by an operator or by the deployment', () => {
  const scheduled = scheduledJobs().map(({ name }) => name);
  expect(jobNames().filter((name) => !scheduled.includes(name))).toEqual(['fence-restored', 'migrate']);
  expect(functionNames().filter((name) => FUNCTIONS[name].kind === 'deployment')).toEqual(['migrate']);
  expect(functionNames().filter(isRoute)).toEqual(routeNames());
});
