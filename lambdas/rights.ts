export type FunctionName =
  | 'create-card'
  | 'lookup'
  | 'lookup-or-tokenize'
  | 'detokenize'
  | 'pool'
  | 'prefetch'
  | 'pool-health'
  | 'settle-reservations'
  | 'relay-events'
  | 'fence-restored'
  | 'migrate';

export interface Rights {
  /** Database functions that its role may execute. It has no other right there: no table, no sequence. */
  readonly execute: readonly string[];
  readonly callsTome: boolean;
  /** The key of the keyed hashes of callers' idempotency keys. */
  readonly readsIdempotencySecret: boolean;
  /** The database administrator's secret: to change the schema and the roles. */
  readonly readsAdministratorSecret: boolean;
  readonly sendsCardEvents: boolean;
  readonly publishesGauges: boolean;
  /** The longest that one statement of its role may take. */
  readonly statementSeconds: number;
  /** The share of the database server's connections that its role may have at once. A job has one run at a time. */
  readonly connectionShare: number;
}

const NONE: Rights = {
  execute: [],
  callsTome: false,
  readsIdempotencySecret: false,
  readsAdministratorSecret: false,
  sendsCardEvents: false,
  publishesGauges: false,
  statementSeconds: 5,
  connectionShare: 0.05,
};

/**
 * Statements end with the default of DATABASE_QUERY_TIMEOUT_MS: no request waits for one any longer, and through RDS Proxy it cannot be
 * cancelled, so it would go on holding its locks.
 */
const SERVES_REQUESTS: Rights = { ...NONE, statementSeconds: 2, connectionShare: 0.5 };

const READ_BY_TOKEN = ['find_by_internal_token', 'caller_budget_wait', 'record_bound_pair'];
const CREATE = [
  'reserve',
  'find_reserved',
  'mark_used',
  'release',
  'quarantine_reservation',
  'spend_direct_budget',
  'request_refill',
];

const KEYS = [
  'reserve_for_key',
  'mark_used_for_key',
  'complete_idempotency_key',
  'release_idempotency_key',
  // Called by the functions of the previous release while a deployment is under way.
  'resolve_claim',
  'yield_claim',
];

/**
 * Who may do what, in one place: the deployment makes each function's IAM role and its network rules from this table, and the migration
 * makes its database role. What is not here is not granted.
 */
export const RIGHTS: Readonly<Record<FunctionName, Rights>> = {
  'create-card': {
    ...SERVES_REQUESTS,
    execute: [...CREATE, ...READ_BY_TOKEN, ...KEYS, 'spend_caller_budget'],
    callsTome: true,
    readsIdempotencySecret: true,
  },
  lookup: { ...SERVES_REQUESTS, execute: [...READ_BY_TOKEN, 'spend_caller_budget'], callsTome: true },
  'lookup-or-tokenize': { ...SERVES_REQUESTS, execute: [...CREATE, ...READ_BY_TOKEN], callsTome: true },
  detokenize: {
    ...SERVES_REQUESTS,
    execute: ['find_by_reference', 'caller_budget_wait', 'spend_caller_budget', 'record_bound_pair'],
    callsTome: true,
  },
  pool: { ...NONE, execute: ['pool_health'] },
  prefetch: {
    ...NONE,
    execute: [
      'acquire_lease',
      'renew_lease',
      'release_lease',
      'pool_health',
      'take_refill_request',
      'count_spare_tokens',
      'announce_prefetch',
      'stage_tokens',
      // Called by the release before, whose functions run until this one's have taken over.
      'stage_pairs',
      'staged_pairs',
      'activate_mapped_pairs',
      // Called by the functions of the previous release while a deployment is under way.
      'activate_pairs',
      'quarantine_unused',
      'note_mapping_failure',
      'note_refill',
    ],
    callsTome: true,
  },
  'pool-health': { ...NONE, execute: ['pool_health', 'pool_growth', 'sample_levels'], publishesGauges: true },
  'settle-reservations': { ...NONE, execute: ['settle_reservations', 'retire_expired', 'purge_expired'] },
  'relay-events': { ...NONE, execute: ['take_events', 'close_sent_events', 'close_events'], sendsCardEvents: true },
  'fence-restored': { ...NONE, execute: ['fence_restored'], statementSeconds: 840 },
  migrate: { ...NONE, readsAdministratorSecret: true },
};

/** A function's role in the database. */
export const databaseRoleOf = (name: FunctionName): string => name.replaceAll('-', '_');

export interface DatabaseRole extends Pick<Rights, 'execute' | 'statementSeconds' | 'connectionShare'> {
  readonly functionName: FunctionName;
  readonly role: string;
}

/** The roles that the database has: one for each function that may execute something there. */
export const databaseRoles = (): readonly DatabaseRole[] =>
  (Object.keys(RIGHTS) as FunctionName[])
    .filter((name) => RIGHTS[name].execute.length > 0)
    .map((functionName) => {
      const { execute, statementSeconds, connectionShare } = RIGHTS[functionName];
      return { functionName, role: databaseRoleOf(functionName), execute, statementSeconds, connectionShare };
    });
