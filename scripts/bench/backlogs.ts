import type { Sql } from '../../lambdas/pool/database.ts';

/** Something that piles up, and the statement of the job that works on it, or has to pass it. */
export interface Backlog {
  readonly name: string;
  /** Inserts the rows of the pairs whose ids are from `first` to `last`, as the database's owner. */
  readonly fill: (first: number, last: number) => string;
  /** What stands there beside the backlog, inserted after it. */
  readonly besides?: string;
  /** The job's statement with a batch of `limit` rows. */
  readonly statement: (limit: number) => string;
  /** Rows that a batch of `limit` must find. */
  readonly finds: (limit: number) => number;
}

/** Ids that no backlog reaches: for the few rows that stand beside it. */
const BESIDE = 2_000_000_000;

const count = (call: string): string => `SELECT count(*)::int AS found FROM ${call}`;
const value = (call: string): string => `SELECT ${call}::int AS found`;
const series = (first: number, last: number): string => `generate_series(${first}::bigint, ${last}::bigint) AS id`;
const purge = (kind: string) => (limit: number) => value(`purge_expired('${kind}', ${limit})`);
const limitRows = (limit: number): number => limit;

const events = (first: number, last: number, due: string): string =>
  `INSERT INTO outbox_event (pair_id, reservation_id, reserved_at, not_before) SELECT id, gen_random_uuid(), now(), ${due} FROM ${series(first, last)}`;
const reservations = (first: number, last: number, at: string): string =>
  `INSERT INTO reservation (id, pair_id, reserved_at) SELECT gen_random_uuid(), id, ${at} FROM ${series(first, last)}`;
const offers = (first: number, last: number, expiry: string): string => `
  INSERT INTO available_pair (ticket, pair_id, internal_token, card_reference, expires_at)
    SELECT id, id, 'it_' || md5(id::text), '9' || lpad(id::text, 15, '0'), ${expiry} FROM ${series(first, last)};
  UPDATE pool_cursor SET tail = greatest(tail, ${last});
`;
const staged = (first: number, last: number, failures: string, expiry: string): string =>
  `INSERT INTO staged_pair (pair_id, failures, expires_at) SELECT id, ${failures}, ${expiry} FROM ${series(first, last)}`;
const tokens = (first: number, last: number, reason: string, expiry: string, storedAt: string): string => `
  INSERT INTO unpaired_token (namespace, token, expires_at, rejected_because, stored_at)
    SELECT 'ns' || (1 + id % 2), 'spare_' || id, ${expiry}, ${reason}, ${storedAt} FROM ${series(first, last)}
`;
const calls = (first: number, last: number, stored: string, announced: string): string => `
  INSERT INTO prefetch_call (id, namespace, fencing, requested, announced_at, stored_at)
    SELECT gen_random_uuid(), 'ns1', 1, 5000, ${announced}, ${stored} FROM ${series(first, last)}
`;
/** A minute for each thousand rows, so that every age occurs. */
const AGO = "interval '1 millisecond' * id";

export const BACKLOGS: readonly Backlog[] = [
  {
    name: 'take_events, all due',
    fill: (first, last) => events(first, last, `now() - interval '1 day' - ${AGO}`),
    statement: (limit) => count(`take_events(${limit}, 30)`),
    finds: limitRows,
  },
  {
    name: 'take_events, all in hand or postponed',
    fill: (first, last) =>
      events(first, last, `now() + interval '1 minute' + interval '1 microsecond' * (id % 1000000)`),
    besides: events(BESIDE, BESIDE + 499, 'now()'),
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
    besides: reservations(BESIDE, BESIDE + 499, "now() - interval '1 hour'"),
    statement: (limit) => value(`settle_reservations(900, ${limit})`),
    finds: limitRows,
  },
  {
    name: 'retire_expired, all expired',
    fill: (first, last) => offers(first, last, `now() - ${AGO}`),
    statement: (limit) => value(`retire_expired(${limit})`),
    finds: limitRows,
  },
  {
    name: 'retire_expired, none expired',
    fill: (first, last) => offers(first, last, `now() + interval '1 day' + ${AGO}`),
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
    fill: (first, last) => offers(first, last, `now() - ${AGO}`),
    besides: offers(BESIDE, BESIDE + 499, "now() + interval '1 day'"),
    statement: () => count('reserve(gen_random_uuid())'),
    finds: () => 1,
  },
  {
    name: 'reserve, past expired pairs to one that never expires',
    fill: (first, last) => offers(first, last, `now() - ${AGO}`),
    besides: offers(BESIDE, BESIDE + 499, 'NULL::timestamptz'),
    statement: () => count('reserve(gen_random_uuid())'),
    finds: () => 1,
  },
  {
    name: 'reserve, nothing but expired pairs',
    fill: (first, last) => offers(first, last, `now() - ${AGO}`),
    statement: () => count('reserve(gen_random_uuid())'),
    finds: () => 0,
  },
  {
    name: 'put_on_offer, with pairs left behind',
    fill: (first, last) => `${offers(first, last, 'NULL::timestamptz')}; SELECT setval('pool_ticket', ${last} + 10000)`,
    // One batch of what was left behind is moved with each call, whatever its own size.
    statement: () => value(`put_on_offer('{}')`),
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

/** Everything waits at once: what the health job and `GET /v1/pool` read. Counting has a bound, and is not the same for few and many. */
export const WHOLE_POOL: Backlog = {
  name: 'pool_health, everything waits',
  fill: (first, last) => `
    ${events(first, last, 'now()')};
    ${reservations(first, last, 'now()')};
    ${offers(first, last, 'NULL::timestamptz')};
    ${staged(first, last, '0', 'NULL::timestamptz')};
    INSERT INTO quarantined_pair SELECT id FROM ${series(first, last)}
  `,
  statement: () => count('pool_health()'),
  finds: () => 1,
};

/** Tables that backlogs stand in. */
const PASSING = `outbox_event, reservation, available_pair, staged_pair, unpaired_token, idempotency_key, direct_path_second,
  prefetch_call, refill_run, pool_sample, quarantined_pair, forgotten_token, job_lease, caller_budget`;

/** Statements of one session whose insertions pass the triggers: rows as years leave them behind. */
export const asOwner = (statements: string): string =>
  `SET session_replication_role = replica; ${statements}; SET session_replication_role = origin`;

/** The registry's rows of these ids, and of those beside every backlog: pooled, which is what most jobs expect. */
export const pairs = (first: number, last: number): string => `
  INSERT INTO pair (id, internal_token, card_reference, state, available_at) OVERRIDING SYSTEM VALUE
  SELECT id, 'it_' || md5(id::text), '9' || lpad(id::text, 15, '0'), 'POOLED', now() - interval '1 day'
  FROM ${series(first, last)} ON CONFLICT DO NOTHING;
  SELECT setval(pg_get_serial_sequence('pair', 'id'), max(id)) FROM pair
`;

export const pairsBeside = (): string => pairs(BESIDE, BESIDE + 499);

/** Takes every backlog away, and the cursors to their beginning. */
export async function clearBacklogs(sql: Sql): Promise<void> {
  await sql.unsafe(
    asOwner(`
      TRUNCATE ${PASSING};
      UPDATE pool_cursor SET tail = 0, floor = 1;
      UPDATE outbox_cursor SET due_from = '-infinity', pair_from = 0;
      SELECT setval('pool_ticket', 1, false);
      INSERT INTO job_lease VALUES ('prefetch', 1, 'bench', now() + interval '1 hour')
    `),
  );
}

/** Stages `limit` pairs of new tokens under the lease that `clearBacklogs` leaves. */
const stagePairs = (limit: number): string => `
  SELECT staged AS found FROM stage_pairs(
    1, '{}',
    ARRAY(SELECT 'new_' || g FROM generate_series(1, ${limit}) g), array_fill(NULL::timestamptz, ARRAY[${limit}]),
    ARRAY(SELECT '8' || lpad(g::text, 15, '0') FROM generate_series(1, ${limit}) g), array_fill(NULL::timestamptz, ARRAY[${limit}]),
    '{}', '{}', 0
  )
`;
