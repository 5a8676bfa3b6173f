import { expect, test, vi } from 'vitest';
import type { FunctionRow } from '../../../lambdas/function-row.ts';
import { FUNCTIONS } from '../../../lambdas/functions.ts';
import type { Gauges } from '../../../lambdas/metric-names.ts';
import type { GroupEnvironment } from '../../../lambdas/runtime/group-environment.ts';
import type { Route } from '../../../lambdas/runtime/http/api-handler.ts';
import { type FunctionSettings, readSettings } from '../../../lambdas/runtime/settings.ts';
import { VOCABULARIES } from '../../../lambdas/vocabulary.ts';
import type { DomainSettings, OpenOperation } from '../../../lib/environments/environment.ts';
import { PoolMetrics } from '../../../lib/observability/pool-metrics.ts';

// Read when the module is loaded.
vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
const { count, time } = await import('../../../lambdas/runtime/metrics.ts');

/**
 * `@ts-expect-error` is itself an error if the next line compiles. So `npm run check` fails when
 * one of these mistakes compiles; the expectations below only use the values.
 */

test('a row that lacks a fact does not compile', () => {
  const { lambda: _lambda, ...withoutLambda } = FUNCTIONS.lookup;
  // @ts-expect-error `lambda` is missing.
  const route: FunctionRow = withoutLambda;
  const { schedule: _schedule, ...withoutSchedule } = FUNCTIONS.prefetch;
  // @ts-expect-error `schedule` is missing; a job without one says `null`.
  const job: FunctionRow = withoutSchedule;
  // @ts-expect-error There is no problem with this code.
  const problems: FunctionRow = { ...FUNCTIONS.lookup, problems: ['card-not-fond'] };
  expect([route, job, problems]).toHaveLength(3);
});

test('a function that reads a setting which its row does not list does not compile', () => {
  const settings = readSettings('migrate', { DATABASE_URL: 'postgres://somewhere' });
  // @ts-expect-error The row of migrate lists no group with this setting.
  expect(settings.EVENT_QUEUE_URL).toBeUndefined();
  const read = (prefetch: FunctionSettings<'prefetch'>): unknown =>
    // @ts-expect-error The row of prefetch lists no group with this setting.
    prefetch.RELAY_BATCH_SIZE;
  expect(read).toBeTypeOf('function');
  // @ts-expect-error There is no function with this name.
  expect(() => readSettings('prefech', {})).toThrow();
  // @ts-expect-error A list of groups needs the environment, which only the runtime can read.
  expect(() => readSettings(['relay'])).toThrow('EVENT_QUEUE_URL must be set');
});

test('an environment without a variable that has no default does not compile, nor one with an unknown variable', () => {
  // @ts-expect-error EVENT_QUEUE_URL has no default.
  const relay: GroupEnvironment<'relay'> = {};
  // @ts-expect-error The secret is not put into the environment; its id is.
  const keys: GroupEnvironment<'idempotency'> = { IDEMPOTENCY_HMAC_SECRET: 'x' };
  // @ts-expect-error A function signs in with a secret, or with a host and a user.
  const database: GroupEnvironment<'database'> = { DATABASE_HOST: 'proxy' };
  // @ts-expect-error There is no such setting.
  const settle: GroupEnvironment<'settle'> = { SETTLE_BATCHSIZE: '5' };
  // @ts-expect-error The deployment decides it.
  const tome: Partial<DomainSettings['settings']> = { TOME_URL: 'https://tome' };
  // @ts-expect-error There is no such setting.
  const pool: Partial<DomainSettings['settings']> = { POOL_TARGETMIN: 5 };
  // @ts-expect-error There is no such choice.
  const strategy: Partial<DomainSettings['settings']> = { TOKENIZER: 'pool' };
  expect([relay, keys, database, settle, tome, pool, strategy]).toHaveLength(7);
});

test('a handler that answers what its row does not declare does not compile', () => {
  const shared = { operation: 'lookup', vocabulary: VOCABULARIES.card, deadlineMs: 1_000 } as const;
  const found = { status: 200, body: { reference: '9000000000000009' } } as const;
  // @ts-expect-error The body of a lookup has a card number.
  const schema: Route<'lookup'> = { ...shared, schema: null, answer: async () => found };
  const status: Pick<Route<'lookup'>, 'answer'> = {
    // @ts-expect-error A lookup creates nothing.
    answer: async () => ({ ...found, status: 201 }),
  };
  const body: Pick<Route<'lookup'>, 'answer'> = {
    // @ts-expect-error The answer of a lookup has a reference.
    answer: async () => ({ status: 200, body: { source: '4000000000000002' } }),
  };
  expect([schema, status, body]).toHaveLength(3);
});

test('a route that returns card numbers cannot be opened to a whole account', () => {
  // @ts-expect-error Consumers get it by the names of their roles only.
  const operation: OpenOperation = 'detokenize';
  expect(operation).toBe('detokenize');
});

test('a metric with another name or other dimensions than in the list does not compile', () => {
  const metrics = new PoolMetrics('card');
  // @ts-expect-error There is no gauge with this name.
  expect(metrics.gauge('PoolAvailible').metricName).toBe('PoolAvailible');
  // @ts-expect-error There is no counter with this name.
  expect(metrics.counter('RequestCount', {}).metricName).toBe('RequestCount');
  // @ts-expect-error The dimension `status` is missing.
  expect(metrics.counter('Requests', { operation: 'lookup' }).dimensions).not.toHaveProperty('status');
  // @ts-expect-error There is no counter with this name.
  count('RequestCount', {});
  // @ts-expect-error The dimension `status` is missing.
  count('Requests', { operation: 'lookup' });
  // @ts-expect-error A counter is no duration.
  time('Requests', { operation: 'lookup', status: '200' }, 5);
  // @ts-expect-error All gauges but those without a value are published.
  const gauges: Gauges = { PoolAvailable: 5 };
  expect(gauges).toEqual({ PoolAvailable: 5 });
});
