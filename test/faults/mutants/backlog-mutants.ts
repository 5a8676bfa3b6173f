import { edit, type Mutant } from './mutant.ts';

const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;
const BOUNDED_WORK = 'lambdas/pool/migrations/004.do.bounded-work.sql';

const PLANNER_SETTINGS =
  'SET enable_seqscan = off\nSET enable_bitmapscan = off\nSET enable_sort = off\nSET enable_hashjoin = off\nSET enable_mergejoin = off\n';

const PLANS = 'test/integration/backlogs.test.ts';
const GROWTH = 'test/integration/bounded-growth.test.ts';
const CLOCK_STEPS = 'test/integration/clock-steps.test.ts';

/**
 * Bugs that make work grow with the backlog, ignore refusals inside a success, depend on a clock
 * that is set, or let tables grow without notice.
 */
export const BACKLOG_MUTANTS: readonly Mutant[] = [
  {
    name: 'the relay sorts all waiting events',
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
    name: 'the relay scans the index entries of events that were sent long ago',
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
    name: 'statistics decide the query plan of the settler',
    kind: 'backlogs',
    edits: [edit(functions('maintenance/settle-reservations'), PLANNER_SETTINGS, '')],
    tests: [PLANS],
  },
  {
    name: 'a creation draws the tickets of all expired pairs',
    kind: 'backlogs',
    edits: [edit(functions('reservation/reserve'), ' AND misses OPERATOR(pg_catalog.<) most_misses', '')],
    tests: [GROWTH],
  },
  {
    name: 'staged pairs have no index in the order in which they are bound',
    kind: 'backlogs',
    edits: [edit(BOUNDED_WORK, 'CREATE INDEX staged_pair_order ON staged_pair (failures, pair_id);', '')],
    tests: [PLANS],
  },
  {
    name: 'all expired keys are deleted in one statement',
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
    name: 'events that SQS refuses inside a 200 answer are not read',
    kind: 'refusals inside a 200 answer',
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
    name: 'the relay continues although the queue accepts nothing',
    kind: 'refusals inside a 200 answer',
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
    name: 'a run of the relay succeeds although no event was accepted',
    kind: 'refusals inside a 200 answer',
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
    name: 'a released lease is valid again when the clock is set back',
    kind: 'clocks',
    edits: [
      edit(functions('refill/release-lease'), "expires_at = '-infinity'", "expires_at = now() - interval '1 second'"),
    ],
    tests: [CLOCK_STEPS],
  },
  {
    name: 'a run waits for a lease that was written while the clock was ahead',
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
    name: 'the trigger on available_pair compares only the later of two times',
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
    name: 'events that were taken while the clock was ahead are not taken again',
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
    name: 'reservations that are dated in the future are never settled',
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
    name: 'purged tokens are not counted',
    kind: 'growth of tables',
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
    kind: 'growth of tables',
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
    name: 'a purge that fails stops the purges after it',
    kind: 'growth of tables',
    edits: [edit('lambdas/tokenization/take-turns.ts', 'failures.push(error);', 'throw error;')],
    tests: ['test/unit/tokenization/take-turns.test.ts'],
  },
];
