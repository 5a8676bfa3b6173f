import { edit, type Mutant } from './mutant.ts';

const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;
const BOUNDED_WORK = 'lambdas/pool/migrations/004.do.bounded-work.sql';

const PLANNER_SETTINGS =
  'SET enable_seqscan = off\nSET enable_bitmapscan = off\nSET enable_sort = off\nSET enable_hashjoin = off\nSET enable_mergejoin = off\n';

const PLANS = 'test/integration/backlogs.test.ts';
const GROWTH = 'test/integration/bounded-growth.test.ts';
const CLOCK_STEPS = 'test/integration/clock-steps.test.ts';

/** Bugs about work that grows with what waits, refusals within a success, clocks that are set, and tables that grow unseen. */
export const BACKLOG_MUTANTS: readonly Mutant[] = [
  {
    name: 'the relay sorts everything that waits',
    kind: 'backlogs',
    edits: [
      edit(
        functions('outbox/take-events'),
        'ORDER BY not_before, pair_id\n    LIMIT p_limit\n',
        'ORDER BY occurred_at\n    LIMIT p_limit\n',
      ),
    ],
    tests: [PLANS],
  },
  {
    name: 'the relay passes events that were sent long ago',
    kind: 'backlogs',
    edits: [
      edit(
        functions('outbox/take-events'),
        'UPDATE outbox_cursor SET due_from = head.not_before, pair_from = head.pair_id;',
        'NULL;',
      ),
    ],
    tests: [GROWTH],
  },
  {
    name: 'the plan of the settler is left to statistics',
    kind: 'backlogs',
    edits: [edit(functions('maintenance/settle-reservations'), PLANNER_SETTINGS, '')],
    tests: [PLANS],
  },
  {
    name: 'a creation passes every expired pair',
    kind: 'backlogs',
    edits: [edit(functions('reservation/reserve'), ' AND misses OPERATOR(pg_catalog.<) most_misses', '')],
    tests: [GROWTH],
  },
  {
    name: 'staged pairs have no index in their order',
    kind: 'backlogs',
    edits: [edit(BOUNDED_WORK, 'CREATE INDEX staged_pair_order ON staged_pair (failures, pair_id);', '')],
    tests: [PLANS],
  },
  {
    name: 'expired keys are deleted in one statement',
    kind: 'backlogs',
    edits: [
      edit(
        functions('maintenance/purge-expired'),
        'ORDER BY expires_at LIMIT p_limit FOR UPDATE',
        'ORDER BY expires_at FOR UPDATE',
      ),
    ],
    tests: [GROWTH],
  },
  {
    name: 'refusals within an answer of 200 are not read',
    kind: 'refusals inside a 200',
    edits: [
      edit(
        'lambdas/runtime/aws/sqs-queue.ts',
        'for (const { Code, SenderFault } of Failed) add(',
        'for (const { Code, SenderFault } of Failed.slice(Failed.length)) add(',
      ),
    ],
    tests: ['test/integration/sqs-queue.test.ts'],
  },
  {
    name: 'a relay goes on though the queue takes nothing',
    kind: 'refusals inside a 200',
    edits: [
      edit(
        'lambdas/tokenization/relay-events.ts',
        "if (accepted.size === 0 && refusals.some(({ scope }) => scope === 'queue')) throw",
        'if (accepted.size < 0) throw',
      ),
    ],
    tests: ['test/unit/tokenization/relay-events.test.ts'],
  },
  {
    name: 'a relay in which nothing was taken succeeds',
    kind: 'refusals inside a 200',
    edits: [
      edit(
        'lambdas/tokenization/relay-events.ts',
        'if (refused.length > 0 && closed.length === 0) throw',
        'if (refused.length < 0) throw',
      ),
    ],
    tests: ['test/unit/tokenization/relay-events.test.ts'],
  },
  {
    name: 'a released lease ended a second ago by the clock',
    kind: 'clocks',
    edits: [
      edit(functions('refill/release-lease'), "expires_at = '-infinity'", "expires_at = now() - interval '1 second'"),
    ],
    tests: [CLOCK_STEPS],
  },
  {
    name: 'a lease of a clock that was ahead is waited for',
    kind: 'clocks',
    edits: [
      edit(
        functions('refill/acquire-lease'),
        '      OR job_lease.expires_at > now() + make_interval(secs => p_lease_seconds + 1)\n',
        '',
      ),
      edit(functions('refill/release-lease'), "'-infinity'", "now() - interval '1 second'"),
    ],
    tests: [CLOCK_STEPS],
  },
  {
    name: 'a pair is put on offer by the later of its two times',
    kind: 'clocks',
    edits: [
      edit(
        BOUNDED_WORK,
        '(pair.available_at IS DISTINCT FROM now() AND pair.released_at IS DISTINCT FROM now())',
        'greatest(pair.available_at, pair.released_at) IS DISTINCT FROM now()',
      ),
    ],
    tests: [CLOCK_STEPS],
  },
  {
    name: 'events in hand wait for a clock that was ahead',
    kind: 'clocks',
    edits: [
      edit(
        functions('outbox/take-events'),
        'WHERE not_before > now() + make_interval(secs => greatest(p_lease_seconds, 900))',
        'WHERE false',
      ),
    ],
    tests: [CLOCK_STEPS],
  },
  {
    name: 'reservations of a clock that was ahead are never settled',
    kind: 'clocks',
    edits: [
      edit(
        functions('maintenance/settle-reservations'),
        'WHERE reserved_at > now() + make_interval(secs => greatest(p_horizon_seconds, 60))',
        'WHERE false',
      ),
    ],
    tests: [CLOCK_STEPS],
  },
  {
    name: 'tokens that are purged are forgotten altogether',
    kind: 'growth',
    edits: [
      edit(
        functions('maintenance/purge-expired'),
        "SELECT namespace, 'rejected', count(*) FROM gone GROUP BY namespace",
        "SELECT namespace, 'rejected', count(*) FROM gone WHERE false GROUP BY namespace",
      ),
    ],
    tests: [GROWTH],
  },
  {
    name: 'prefetch calls whose answer was lost are not counted',
    kind: 'growth',
    edits: [
      edit(
        functions('health/pool-growth'),
        'WHERE stored_at IS NULL AND announced_at',
        'WHERE stored_at IS NOT NULL AND announced_at',
      ),
    ],
    tests: [GROWTH],
  },
  {
    name: 'a purge that fails stops those after it',
    kind: 'growth',
    edits: [edit('lambdas/pool/database/take-turns.ts', 'failures.push(error);', 'throw error;')],
    tests: ['test/unit/pool/take-turns.test.ts'],
  },
];
