import { edit, type Mutant } from './mutant.ts';

const CONDITIONS = 'lambdas/pool/database/sqlstate-conditions.ts';
const DATABASE = 'lambdas/pool/database/database.ts';
const EXECUTOR = 'lambdas/pool/database/statement-executor.ts';
const POOL = 'lambdas/pool/database/connection-pool.ts';

const RAISED = ['test/integration/database-conditions.test.ts'];
const STATES = ['test/integration/database-states.test.ts'];
const SILENT = ['test/integration/silent-database.test.ts'];
const LOST = ['test/integration/lost-connections.test.ts'];
const DEADLINE = ['test/unit/runtime/function-deadline.test.ts'];

/** Bugs in how error conditions, deadlines and a silent database are handled. */
export const CONNECTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'the error of a demoted writer counts as a bug',
    kind: 'database connections and server conditions',
    edits: [edit(CONDITIONS, "['25006'], 'read-only session", "['25S06'], 'read-only session")],
    tests: RAISED,
  },
  {
    name: 'a connection to a server that refuses writes is kept',
    kind: 'database connections and server conditions',
    edits: [
      edit(
        CONDITIONS,
        "'read-only session: the writer was demoted by a failover', 'new connection', 'discard')",
        "'read-only session: the writer was demoted by a failover', 'no', 'keep')",
      ),
    ],
    tests: STATES,
  },
  {
    name: 'a full disk counts as a bug',
    kind: 'database connections and server conditions',
    edits: [edit(CONDITIONS, "['53*'], 'disk full", "['53*0'], 'disk full")],
    tests: RAISED,
  },
  {
    name: 'a refused login counts as an error of the statement',
    kind: 'database connections and server conditions',
    edits: [
      edit(EXECUTOR, 'return { error: new StoreUnavailable(error), retry: conditionOf(error).retry };', 'throw error;'),
    ],
    tests: STATES,
  },
  {
    name: 'a rotated password is never read again',
    kind: 'database connections and server conditions',
    edits: [edit('lambdas/pool/database/connection.ts', '    address.forgetPassword();\n', '')],
    tests: STATES,
  },
  {
    name: 'a request for a new connection gets an idle one',
    kind: 'database connections and server conditions',
    edits: [edit(POOL, "this.#takeIdle(fresh ? 'discard' : 'use')", "this.#takeIdle('use')")],
    tests: LOST,
  },
  {
    name: 'the deadline of a request does not limit its statements',
    kind: 'deadlines and frozen functions',
    edits: [
      edit(
        DATABASE,
        'run: (work, options) => this.#run(work, deadlineMs, options)',
        'run: (work, options) => this.#run(work, deadlineMs + 600_000, options)',
      ),
    ],
    tests: SILENT,
  },
  {
    name: 'a statement that timed out continues in the server',
    kind: 'deadlines and frozen functions',
    edits: [edit(EXECUTOR, "this.#pool.discard(slot, 'cancel');", "this.#pool.discard(slot, 'leave');")],
    tests: SILENT,
  },
  {
    name: 'a connection is reused however long the function was frozen',
    kind: 'deadlines and frozen functions',
    edits: [
      edit(
        'lambdas/pool/database/process-clock.ts',
        'Math.max(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs)',
        'Math.min(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs)',
      ),
    ],
    tests: LOST,
  },
  {
    name: 'a silent connection is not replaced within the request',
    kind: 'deadlines and frozen functions',
    edits: [edit(EXECUTOR, "retry: slot.isFresh ? 'no' : 'new connection'", "retry: 'no'")],
    tests: LOST,
  },
  {
    name: 'a request starts although its function has no time left',
    kind: 'deadlines and frozen functions',
    edits: [edit('lambdas/runtime/http/api-handler.ts', 'if (timeLeftMs <= 0) throw new OutOfTime();', '')],
    tests: DEADLINE,
  },
  {
    name: 'a busy process reports the server as silent',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit(
        'lambdas/pool/database/within.ts',
        'if (whenBusyMs > timeoutMs && wasBusy())',
        'if (whenBusyMs < timeoutMs && wasBusy())',
      ),
    ],
    tests: ['test/unit/pool/within.test.ts'],
  },
  {
    name: 'a statement that waits behind a slow one cancels the slow one',
    kind: 'circuit breakers and rate limits',
    edits: [edit(EXECUTOR, "if (!this.#pool.isNext(slot)) return { error, retry: 'no' };", '')],
    tests: SILENT,
  },
  {
    name: 'the circuit breaker of the database never opens',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit(
        EXECUTOR,
        '      if (error instanceof ServerSilent) evidence.serverIsSilent();\n      // Every failure',
        '      // Every failure',
      ),
    ],
    tests: SILENT,
  },
  {
    name: 'statements that wait for a lock open the circuit breaker for all requests',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit(
        EXECUTOR,
        'evidence.statementWasSilent();',
        'evidence.statementWasSilent();\n        evidence.serverIsSilent();',
      ),
    ],
    tests: SILENT,
  },
  {
    name: 'one slow statement closes all idle connections',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit(
        EXECUTOR,
        "this.#pool.discard(slot, 'cancel');",
        "this.#pool.discard(slot, 'cancel');\n    this.#pool.discardIdle();",
      ),
    ],
    tests: SILENT,
  },
  {
    name: 'a read waits for the database until there is no time left for TOME',
    kind: 'circuit breakers and rate limits',
    edits: [
      edit('lambdas/pool/pair-store.ts', 'const READ = { hasFallback: true };', 'const READ = { hasFallback: false };'),
    ],
    tests: SILENT,
  },
];
