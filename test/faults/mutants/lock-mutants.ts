import { edit, type Mutant } from './mutant.ts';

const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;
const LOCKS = ['test/integration/reservation-locks.test.ts'];

/** Bugs that make a reservation wait for another transaction. */
export const LOCK_MUTANTS: readonly Mutant[] = [
  {
    name: 'a search waits for a pair that another reservation has locked',
    edits: [
      edit(
        functions('reservation/find-available-ticket'),
        'WHERE expires_at IS NULL AND ticket >= p_floor\n    ORDER BY expires_at, ticket\n    LIMIT 1\n    FOR UPDATE SKIP LOCKED;',
        'WHERE expires_at IS NULL AND ticket >= p_floor\n    ORDER BY expires_at, ticket\n    LIMIT 1\n    FOR UPDATE;',
      ),
    ],
    tests: LOCKS,
  },
  {
    name: 'a reservation waits for the transaction that has locked the pair of its ticket',
    edits: [edit(functions('reservation/reserve'), 'FOR UPDATE SKIP LOCKED\n      )', 'FOR UPDATE\n      )')],
    tests: LOCKS,
  },
  {
    name: 'a reservation waits for the restore fence',
    edits: [edit(functions('reservation/reserve'), 'LOCK TABLE public.pool_cursor IN ROW SHARE MODE NOWAIT;', '')],
    tests: LOCKS,
  },
];
