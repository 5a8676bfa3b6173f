import { edit, type Mutant } from './mutant.ts';

const SHADOWING = ['test/integration/shadowing/shadowing.test.ts'];
const OWNER = ['test/integration/database-owner.test.ts'];
const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;

/** Bugs in the database's own defences, and in how a running database is changed. */
export const DATABASE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a function without a search path names a type without its schema',
    kind: 'critical-roles',
    edits: [edit(functions('mark-used'), 'opened_at pg_catalog.timestamptz', 'opened_at timestamptz')],
    tests: SHADOWING,
  },
  {
    name: 'a function without a search path names an operator without its schema',
    kind: 'critical-roles',
    edits: [edit(functions('reserve'), 'place OPERATOR(pg_catalog.<) last_place', 'place < last_place')],
    tests: SHADOWING,
  },
  {
    name: 'the search path of the functions does not say that temporary objects come last',
    kind: 'critical-roles',
    edits: [edit('lambdas/pool/install-functions.ts', "'pg_catalog, public, pg_temp'", "'pg_catalog, public'")],
    tests: SHADOWING,
  },
  {
    name: 'every role may make temporary objects',
    kind: 'critical-roles',
    edits: [
      edit(
        'lambdas/pool/close-to-public.ts',
        "'REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC'",
        "'REVOKE CREATE ON DATABASE %I FROM PUBLIC'",
      ),
    ],
    tests: SHADOWING,
  },
  {
    name: 'the functions belong to the administrator',
    kind: 'critical-roles',
    edits: [edit('lambdas/pool/install-owner.ts', '    await giveAway(sql);\n', '')],
    tests: OWNER,
  },
];
