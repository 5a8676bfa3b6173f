import { edit, type Mutant } from './mutant.ts';

const CONDITIONS = 'lambdas/pool/database/sqlstate-conditions.ts';
const DATABASE = 'lambdas/pool/database/database.ts';
const POOL = 'lambdas/pool/database/connection-pool.ts';

const RAISED = ['test/integration/database-conditions.test.ts'];
const STATES = ['test/integration/database-states.test.ts'];
const SILENT = ['test/integration/silent-database.test.ts'];
const LOST = ['test/integration/lost-connections.test.ts'];
const DEADLINE = ['test/unit/runtime/function-deadline.test.ts'];

/** Bugs in how conditions of the database, deadlines and the database's silence are handled. */
export const CONNECTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'a demoted writer counts as a bug',
    kind: 'conditions of connections and servers',
    edits: [edit(CONDITIONS, "['25006'], 'read-only session", "['25S06'], 'read-only session")],
    tests: RAISED,
  },
  {
    name: 'a session that refuses writes is kept',
    kind: 'conditions of connections and servers',
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
    kind: 'conditions of connections and servers',
    edits: [edit(CONDITIONS, "['53*'], 'disk full", "['53*0'], 'disk full")],
    tests: RAISED,
  },
  {
    name: 'a refused sign-in counts as a bug of the statement',
    kind: 'conditions of connections and servers',
    edits: [
      edit(DATABASE, 'return { error: new StoreUnavailable(error), retry: conditionOf(error).retry };', 'throw error;'),
    ],
    tests: STATES,
  },
  {
    name: 'a password that was rotated is never read again',
    kind: 'conditions of connections and servers',
    edits: [edit('lambdas/pool/database/connection.ts', '    address.forgetPassword();\n', '')],
    tests: STATES,
  },
  {
    name: 'a fresh connection is asked for, and an idle one is lent',
    kind: 'conditions of connections and servers',
    edits: [edit(POOL, "this.#takeIdle(fresh ? 'discard' : 'lend')", "this.#takeIdle('lend')")],
    tests: LOST,
  },
  {
    name: 'the deadline is not handed down to statements',
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
    name: 'a statement whose time is over goes on in the server',
    kind: 'deadlines and frozen functions',
    edits: [edit(DATABASE, "this.#pool.discard(loan, 'cancel');", "this.#pool.discard(loan, 'leave');")],
    tests: SILENT,
  },
  {
    name: 'a connection is trusted however long the function was frozen',
    kind: 'deadlines and frozen functions',
    edits: [
      edit(
        POOL,
        'Math.max(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs)',
        'Math.min(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs)',
      ),
    ],
    tests: LOST,
  },
  {
    name: 'a connection that stays silent is not replaced within the request',
    kind: 'deadlines and frozen functions',
    edits: [edit(DATABASE, "retry: loan.isFresh ? 'no' : 'new connection'", "retry: 'no'")],
    tests: LOST,
  },
  {
    name: 'a request is begun although its function has no time left',
    kind: 'deadlines and frozen functions',
    edits: [edit('lambdas/runtime/http/api-handler.ts', 'if (timeLeftMs <= 0) throw new OutOfTime();', '')],
    tests: DEADLINE,
  },
  {
    name: 'a busy process takes the server for silent',
    kind: 'breakers and throttles',
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
    name: 'a statement behind a slow one ends the slow one',
    kind: 'breakers and throttles',
    edits: [edit(DATABASE, "if (!this.#pool.isNext(loan)) return { error, retry: 'no' };", '')],
    tests: SILENT,
  },
  {
    name: "the database's breaker never opens",
    kind: 'breakers and throttles',
    edits: [
      edit(
        DATABASE,
        '      if (error instanceof ServerSilent) evidence.serverIsSilent();\n      // Whatever',
        '      // Whatever',
      ),
    ],
    tests: SILENT,
  },
  {
    name: 'statements that wait for a lock open the breaker for everybody',
    kind: 'breakers and throttles',
    edits: [
      edit(
        DATABASE,
        'evidence.statementWasSilent();',
        'evidence.statementWasSilent();\n        evidence.serverIsSilent();',
      ),
    ],
    tests: SILENT,
  },
  {
    name: 'one slow statement throws away all idle connections',
    kind: 'breakers and throttles',
    edits: [
      edit(
        DATABASE,
        "this.#pool.discard(loan, 'cancel');",
        "this.#pool.discard(loan, 'cancel');\n    this.#pool.discardIdle();",
      ),
    ],
    tests: SILENT,
  },
  {
    name: 'a read waits for the database until there is no time left for TOME',
    kind: 'breakers and throttles',
    edits: [
      edit('lambdas/pool/pair-store.ts', 'const READ = { hasFallback: true };', 'const READ = { hasFallback: false };'),
    ],
    tests: SILENT,
  },
];
