import {
  AGO,
  availablePairs,
  calls,
  events,
  FIRST_ADDITIONAL_ID,
  LAST_ADDITIONAL_ID,
  reservations,
  series,
  staged,
  tokens,
} from './backlog-rows.ts';

/** Rows that accumulate, and the statement of the job that processes them or has to skip them. */
export interface Backlog {
  readonly name: string;
  /**
   * Inserts the rows of the pairs with ids from `first` to `last`. Runs as the owner of the
   * database.
   */
  readonly fill: (first: number, last: number) => string;
  /** Inserts more rows after the backlog. */
  readonly additionalRows?: string;
  /** The statement of the job with a batch of `limit` rows. */
  readonly statement: (limit: number) => string;
  /** The number of rows that a batch of `limit` must find. */
  readonly finds: (limit: number) => number;
}

const count = (call: string): string => `SELECT count(*)::int AS found FROM ${call}`;
const value = (call: string): string => `SELECT ${call}::int AS found`;
const purge = (kind: string) => (limit: number) => value(`purge_expired('${kind}', ${limit})`);
const limitRows = (limit: number): number => limit;

export const BACKLOGS: readonly Backlog[] = [
  {
    name: 'take_events, all due',
    fill: (first, last) => events(first, last, `now() - interval '1 day' - ${AGO}`),
    statement: (limit) => count(`take_events(${limit}, 30)`),
    finds: limitRows,
  },
  {
    name: 'take_events, all taken or postponed',
    fill: (first, last) =>
      events(first, last, `now() + interval '1 minute' + interval '1 microsecond' * (id % 1000000)`),
    additionalRows: events(FIRST_ADDITIONAL_ID, LAST_ADDITIONAL_ID, 'now()'),
    statement: (limit) => count(`take_events(${limit}, 30)`),
    finds: limitRows,
  },
  {
    name: 'close_events',
    fill: (first, last) => events(first, last, 'now()'),
    statement: (limit) =>
      count(`(SELECT close_events(ARRAY(SELECT g FROM generate_series(1::bigint, ${limit}) g))) AS closed`),
    finds: () => 1,
  },
  {
    name: 'settle_reservations, all overdue',
    fill: (first, last) => reservations(first, last, `now() - interval '1 day' - ${AGO}`),
    statement: (limit) => value(`settle_reservations(900, ${limit})`),
    finds: limitRows,
  },
  {
    name: 'settle_reservations, all open and fresh',
    fill: (first, last) => reservations(first, last, 'now()'),
    additionalRows: reservations(FIRST_ADDITIONAL_ID, LAST_ADDITIONAL_ID, "now() - interval '1 hour'"),
    statement: (limit) => value(`settle_reservations(900, ${limit})`),
    finds: limitRows,
  },
  {
    name: 'retire_expired, all expired',
    fill: (first, last) => availablePairs(first, last, `now() - ${AGO}`),
    statement: (limit) => value(`retire_expired(${limit})`),
    finds: limitRows,
  },
  {
    name: 'retire_expired, none expired',
    fill: (first, last) => availablePairs(first, last, `now() + interval '1 day' + ${AGO}`),
    statement: (limit) => value(`retire_expired(${limit})`),
    finds: () => 0,
  },
  {
    name: 'retire_expired, all staged and expired',
    fill: (first, last) => staged(first, last, '0', `now() - ${AGO}`),
    statement: (limit) => value(`retire_expired(${limit})`),
    finds: limitRows,
  },
  {
    name: 'reserve, past expired pairs',
    fill: (first, last) => availablePairs(first, last, `now() - ${AGO}`),
    additionalRows: availablePairs(FIRST_ADDITIONAL_ID, LAST_ADDITIONAL_ID, "now() + interval '1 day'"),
    statement: () => count('reserve(gen_random_uuid())'),
    finds: () => 1,
  },
  {
    name: 'reserve, past expired pairs to one that never expires',
    fill: (first, last) => availablePairs(first, last, `now() - ${AGO}`),
    additionalRows: availablePairs(FIRST_ADDITIONAL_ID, LAST_ADDITIONAL_ID, 'NULL::timestamptz'),
    statement: () => count('reserve(gen_random_uuid())'),
    finds: () => 1,
  },
  {
    name: 'reserve, nothing but expired pairs',
    fill: (first, last) => availablePairs(first, last, `now() - ${AGO}`),
    statement: () => count('reserve(gen_random_uuid())'),
    finds: () => 0,
  },
  {
    name: 'make_available, with pairs left behind',
    fill: (first, last) =>
      `${availablePairs(first, last, 'NULL::timestamptz')}; SELECT setval('pool_ticket', ${last} + 10000)`,
    // Each call moves one batch of the pairs that were left behind, whatever its own size is.
    statement: () => value(`make_available('{}')`),
    finds: () => 0,
  },
  {
    name: 'staged_pairs',
    fill: (first, last) => staged(first, last, 'id % 5', 'NULL::timestamptz'),
    statement: (limit) => count(`staged_pairs(${limit})`),
    finds: limitRows,
  },
  {
    name: 'note_mapping_failure',
    fill: (first, last) => staged(first, last, 'id % 5', 'NULL::timestamptz'),
    statement: (limit) =>
      count(`note_mapping_failure(ARRAY(SELECT g FROM generate_series(1::bigint, ${limit}) g), 100)`),
    finds: () => 1,
  },
  {
    name: 'count_spare_tokens, all rejected',
    fill: (first, last) => tokens(first, last, "'length'", 'NULL::timestamptz', 'now()'),
    statement: () => 'SELECT internal_tokens AS found FROM count_spare_tokens()',
    finds: () => 0,
  },
  {
    name: 'stage_pairs, all rejected',
    fill: (first, last) => tokens(first, last, "'length'", 'NULL::timestamptz', 'now()'),
    statement: (limit) => stagePairs(limit),
    finds: limitRows,
  },
  ...(
    [
      [
        'idempotency-keys',
        (first, last) => `
        INSERT INTO idempotency_key (key_hash, fingerprint, held_until, expires_at)
        SELECT decode(md5(id::text), 'hex'), 'f', now(), now() - ${AGO} FROM ${series(first, last)}`,
      ],
      [
        'direct-path-seconds',
        (first, last) => `
        INSERT INTO direct_path_second (second, creations)
        SELECT now() - interval '1 hour' - interval '1 second' * id, 1 FROM ${series(first, last)}`,
      ],
      [
        'caller-budgets',
        (first, last) => `
        INSERT INTO caller_budget (caller, kind, spent_until)
        SELECT 'caller ' || id, 'lookup-miss', now() - interval '2 days' - ${AGO} FROM ${series(first, last)}`,
      ],
      ['prefetch-calls', (first, last) => calls(first, last, `now() - interval '31 days' - ${AGO}`, 'now()')],
      ['unanswered-calls', (first, last) => calls(first, last, 'NULL', `now() - interval '31 days' - ${AGO}`)],
      [
        'refill-runs',
        (first, last) => `
        INSERT INTO refill_run (started_at, activated)
        SELECT now() - interval '2 days' - ${AGO}, 1 FROM ${series(first, last)}`,
      ],
      [
        'pool-samples',
        (first, last) => `
        INSERT INTO pool_sample (sampled_at, available, used)
        SELECT now() - interval '2 days' - ${AGO}, 1, 1 FROM ${series(first, last)}`,
      ],
      [
        'rejected-tokens',
        (first, last) => tokens(first, last, "'length'", 'NULL::timestamptz', `now() - interval '91 days' - ${AGO}`),
      ],
      ['expired-tokens', (first, last) => tokens(first, last, 'NULL', `now() - interval '31 days' - ${AGO}`, 'now()')],
    ] satisfies readonly (readonly [string, Backlog['fill']])[]
  ).map(([kind, fill]) => ({
    name: `purge_expired, ${kind}`,
    fill,
    statement: purge(kind),
    finds: limitRows,
  })),
  {
    name: 'oldest_waiting, events and reservations',
    fill: (first, last) => `${events(first, last, `now() - ${AGO}`)}; ${reservations(first, last, `now() - ${AGO}`)}`,
    statement: () => count('oldest_waiting()'),
    finds: () => 1,
  },
];

/**
 * All backlogs at once, as the health job and `GET /v1/pool` read them. Counting has a bound, so it
 * is not the same for few and for many rows.
 */
export const WHOLE_POOL: Backlog = {
  name: 'pool_health, everything waits',
  fill: (first, last) => `
    ${events(first, last, 'now()')};
    ${reservations(first, last, 'now()')};
    ${availablePairs(first, last, 'NULL::timestamptz')};
    ${staged(first, last, '0', 'NULL::timestamptz')};
    INSERT INTO quarantined_pair SELECT id FROM ${series(first, last)}
  `,
  statement: () => count('pool_health()'),
  finds: () => 1,
};

/** Stages `limit` pairs of new tokens under the lease that `clearBacklogs` inserts. */
const stagePairs = (limit: number): string => `
  SELECT staged AS found FROM stage_pairs(
    1, '{}',
    ARRAY(SELECT 'new_' || md5(g::text) FROM generate_series(1, ${limit}) g), array_fill(NULL::timestamptz, ARRAY[${limit}]),
    ARRAY(SELECT '8' || lpad(g::text, 15, '0') FROM generate_series(1, ${limit}) g), array_fill(NULL::timestamptz, ARRAY[${limit}]),
    '{}', '{}', 0
  )
`;
