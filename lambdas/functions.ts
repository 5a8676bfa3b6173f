import { CREATE_CARD, FILL_POOL, IDEMPOTENCY, READ_BY_REFERENCE, READ_BY_TOKEN } from './database-functions.ts';
import type { FunctionRow, JobRow, RouteRow } from './function-row.ts';
import type { GroupName } from './runtime/setting-groups.ts';

/**
 * Statements of requests end after the default of DATABASE_QUERY_TIMEOUT_MS. No request waits
 * longer, and a statement cannot be cancelled through RDS Proxy, so it would keep its locks.
 */
const REQUEST_LIMITS = { statementSeconds: 2, connectionShare: 0.5 } as const;

/** For jobs, which have one run at a time, and for a route that is called rarely. */
const SMALL_LIMITS = { statementSeconds: 5, connectionShare: 0.05 } as const;

/**
 * Every function of the product, one row each. From a row follow the Lambda function, its IAM role,
 * security groups and environment, its role in the database, its route or schedule on AWS and on
 * one machine, its alarms and graphs, and the published API. A row that lacks a fact does not
 * compile.
 *
 * Only literals and constants here, no calls and no spreads: then the bundler can drop the table
 * from the handlers, which need only FUNCTION_SETTINGS.
 */
export const FUNCTIONS = {
  'create-card': {
    kind: 'route',
    description: 'Create the reference of {aNumber}. 201 when it is new, 200 when the {item} has it already.',
    http: { method: 'POST', path: '/v1/{items}', request: 'source', answer: 'reference' },
    successes: [200, 201],
    problems: ['idempotency-in-progress', 'idempotency-conflict', 'caller-budget-spent'],
    throttle: { ratePerSecond: 300, burst: 1_000 },
    database: { execute: [CREATE_CARD, READ_BY_TOKEN, IDEMPOTENCY, 'spend_caller_budget'], limits: REQUEST_LIMITS },
    access: { tome: true, secrets: ['idempotency'], queues: [], gauges: false },
    lambda: { memoryMb: 1_024, timeoutSeconds: 10, reservedConcurrency: null },
    alarms: { releaseP99Ms: 1_500 },
  },
  lookup: {
    kind: 'route',
    description: 'Return the reference of {aNumber}.',
    http: { method: 'POST', path: '/v1/{items}/lookup', request: 'source', answer: 'reference' },
    successes: [200],
    problems: ['card-not-found', 'caller-budget-spent'],
    throttle: { ratePerSecond: 300, burst: 1_000 },
    database: { execute: [READ_BY_TOKEN, 'spend_caller_budget'], limits: REQUEST_LIMITS },
    access: { tome: true, secrets: [], queues: [], gauges: false },
    lambda: { memoryMb: 1_024, timeoutSeconds: 10, reservedConcurrency: null },
    alarms: { releaseP99Ms: 1_500 },
  },
  'lookup-or-tokenize': {
    kind: 'route',
    description: 'Return the reference of {aNumber}, and create it when there is none. 201 when it is new.',
    http: { method: 'POST', path: '/v1/{items}/lookup-or-tokenize', request: 'source', answer: 'reference' },
    successes: [200, 201],
    problems: [],
    throttle: { ratePerSecond: 300, burst: 1_000 },
    database: { execute: [CREATE_CARD, READ_BY_TOKEN], limits: REQUEST_LIMITS },
    access: { tome: true, secrets: [], queues: [], gauges: false },
    lambda: { memoryMb: 1_024, timeoutSeconds: 10, reservedConcurrency: null },
    alarms: { releaseP99Ms: 1_500 },
  },
  detokenize: {
    kind: 'route',
    description: 'Return the {number} of a reference. Writes an audit record.',
    http: { method: 'POST', path: '/v1/references/detokenize', request: 'reference', answer: 'source' },
    successes: [200],
    problems: ['reference-not-found', 'stored-card-unacceptable', 'caller-budget-spent'],
    throttle: { ratePerSecond: 300, burst: 1_000 },
    database: { execute: [READ_BY_REFERENCE, 'spend_caller_budget'], limits: REQUEST_LIMITS },
    access: { tome: true, secrets: [], queues: [], gauges: false },
    lambda: { memoryMb: 1_024, timeoutSeconds: 10, reservedConcurrency: null },
    alarms: { releaseP99Ms: 1_500 },
  },
  pool: {
    kind: 'route',
    description: "Return the pool's level and rates.",
    http: { method: 'GET', path: '/v1/pool', request: null, answer: 'pool' },
    successes: [200],
    problems: [],
    throttle: { ratePerSecond: 10, burst: 20 },
    database: { execute: ['pool_health'], limits: SMALL_LIMITS },
    access: { tome: false, secrets: [], queues: [], gauges: false },
    lambda: { memoryMb: 1_024, timeoutSeconds: 10, reservedConcurrency: null },
    alarms: { releaseP99Ms: 1_500 },
  },
  prefetch: {
    kind: 'job',
    description: 'Fills the pool, on its schedule and at once when the pool is low.',
    schedule: { everyMinutes: 60, localPauseSeconds: 3_600, lateAfterRuns: 2 },
    // While the pool is low, each minute starts a run. The runs that wait then find a full pool.
    maximumWaitMinutes: 60,
    resultTo: null,
    database: { execute: [FILL_POOL], limits: SMALL_LIMITS },
    access: { tome: true, secrets: [], queues: [], gauges: false },
    lambda: { memoryMb: 1_024, timeoutSeconds: 600, reservedConcurrency: 1 },
  },
  'pool-health': {
    kind: 'job',
    description: "Measures the pool's level and publishes it for the alarms.",
    schedule: { everyMinutes: 1, localPauseSeconds: 5, lateAfterRuns: 3 },
    maximumWaitMinutes: 1,
    // The result says whether a refill is wanted (lib/functions/refill-on-demand.ts).
    resultTo: 'event-bus',
    database: { execute: ['pool_health', 'pool_growth', 'sample_levels'], limits: SMALL_LIMITS },
    access: { tome: false, secrets: [], queues: [], gauges: true },
    lambda: { memoryMb: 512, timeoutSeconds: 30, reservedConcurrency: 1 },
  },
  'settle-reservations': {
    kind: 'job',
    description: 'Quarantines stale reservations and pairs that expire soon, and deletes expired rows.',
    schedule: { everyMinutes: 1, localPauseSeconds: 30, lateAfterRuns: 5 },
    maximumWaitMinutes: 5,
    resultTo: null,
    database: { execute: ['settle_reservations', 'retire_expired', 'purge_expired'], limits: SMALL_LIMITS },
    access: { tome: false, secrets: [], queues: [], gauges: false },
    lambda: { memoryMb: 512, timeoutSeconds: 60, reservedConcurrency: 1 },
  },
  'relay-events': {
    kind: 'job',
    description: "Sends {event} events from the outbox to TSYS's queue.",
    schedule: { everyMinutes: 1, localPauseSeconds: 2, lateAfterRuns: 5 },
    maximumWaitMinutes: 5,
    resultTo: null,
    database: { execute: ['take_events', 'close_sent_events', 'close_events'], limits: SMALL_LIMITS },
    access: { tome: false, secrets: [], queues: ['card-events'], gauges: false },
    lambda: { memoryMb: 512, timeoutSeconds: 60, reservedConcurrency: 1 },
  },
  'fence-restored': {
    kind: 'job',
    description: 'Withdraws every unused pair, once after a restore from a backup.',
    schedule: null,
    maximumWaitMinutes: 5,
    resultTo: null,
    // One transaction over every unused pair; the function may run for at most 900 seconds.
    database: { execute: ['fence_restored'], limits: { statementSeconds: 840, connectionShare: 0.05 } },
    access: { tome: false, secrets: [], queues: [], gauges: false },
    lambda: { memoryMb: 512, timeoutSeconds: 850, reservedConcurrency: 1 },
  },
  migrate: {
    kind: 'deployment',
    description: 'Updates the schema, the database functions and the roles, as a step of the deployment.',
    schedule: null,
    maximumWaitMinutes: 5,
    resultTo: null,
    database: null,
    access: { tome: false, secrets: ['administrator'], queues: [], gauges: false },
    lambda: { memoryMb: 512, timeoutSeconds: 660, reservedConcurrency: 1 },
  },
} as const satisfies Readonly<Record<string, FunctionRow>>;

/**
 * The groups of settings that each function reads. They are not in the rows, because handlers need
 * them and their bundles must not contain the table (test/infrastructure/bundles.test.ts).
 */
export const FUNCTION_SETTINGS = {
  'create-card': ['domain', 'strategy', 'request', 'database', 'tome', 'creation', 'callers', 'idempotency'],
  lookup: ['domain', 'strategy', 'request', 'database', 'tome', 'creation', 'callers'],
  'lookup-or-tokenize': ['domain', 'strategy', 'request', 'database', 'tome', 'creation', 'callers'],
  detokenize: ['domain', 'strategy', 'request', 'database', 'tome', 'creation', 'callers'],
  pool: ['domain', 'request', 'database'],
  prefetch: ['domain', 'database', 'tome', 'pool', 'prefetch'],
  'pool-health': ['domain', 'database', 'pool'],
  'settle-reservations': ['domain', 'request', 'database', 'settle'],
  'relay-events': ['domain', 'database', 'relay'],
  'fence-restored': ['domain', 'database'],
  migrate: ['domain', 'database'],
} as const satisfies Readonly<Record<FunctionName, readonly ['domain', ...GroupName[]]>>;

type Table = typeof FUNCTIONS;
type NameOf<Row> = { [Name in keyof Table]: Table[Name] extends Row ? Name : never }[keyof Table];

export type FunctionName = keyof Table;
export type RouteName = NameOf<RouteRow>;
export type JobName = NameOf<JobRow>;
