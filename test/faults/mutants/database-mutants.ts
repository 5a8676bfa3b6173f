import { edit, type Mutant } from './mutant.ts';

const SHADOWING = ['test/integration/shadowing/shadowing.test.ts'];
const OWNER = ['test/integration/database-owner.test.ts'];
const HYGIENE = ['test/integration/database-hygiene.test.ts'];
const NEXT_RELEASE = ['test/integration/next-release.test.ts'];
const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;

/** Bugs in the database's own defences, and in how a running database is changed. */
export const DATABASE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a function without a search path names a type without its schema',
    kind: 'roles that become the owner',
    edits: [edit(functions('reservation/mark-used'), 'opened_at pg_catalog.timestamptz', 'opened_at timestamptz')],
    tests: SHADOWING,
  },
  {
    name: 'a function without a search path names an operator without its schema',
    kind: 'roles that become the owner',
    edits: [edit(functions('reservation/reserve'), 'place OPERATOR(pg_catalog.<) last_place', 'place < last_place')],
    tests: SHADOWING,
  },
  {
    name: 'the search path of the functions does not say that temporary objects come last',
    kind: 'roles that become the owner',
    edits: [edit('lambdas/pool/install/install-functions.ts', "'pg_catalog, public, pg_temp'", "'pg_catalog, public'")],
    tests: SHADOWING,
  },
  {
    name: 'every role may make temporary objects',
    kind: 'roles that become the owner',
    edits: [
      edit(
        'lambdas/pool/install/close-to-public.ts',
        "databaseRight('temporary objects', 'TEMPORARY')",
        "databaseRight('temporary objects', 'CREATE')",
      ),
    ],
    tests: SHADOWING,
  },
  {
    name: 'the functions belong to the administrator',
    kind: 'roles that become the owner',
    edits: [edit('lambdas/pool/migrate.ts', '  await giveToOwner(transaction, owner);\n', '')],
    tests: OWNER,
  },
  {
    name: 'a migration waits for an advisory lock that every role can take',
    kind: "the database's defences",
    edits: [
      edit(
        'lambdas/pool/install/migration-turn.ts',
        'await transaction`LOCK TABLE public.migration_turn IN EXCLUSIVE MODE`',
        'await transaction`SELECT pg_advisory_xact_lock(7305118)`',
      ),
    ],
    tests: HYGIENE,
  },
  {
    name: 'a migration leaves the settings that a role has given itself',
    kind: "the database's defences",
    edits: [
      edit(
        'lambdas/pool/install/install-roles.ts',
        'settings.length === wanted.length && wanted.every((setting) => settings.includes(setting))',
        'settings.length >= wanted.length',
      ),
    ],
    tests: HYGIENE,
  },
  {
    name: 'a role may take every connection of the server',
    kind: "the database's defences",
    edits: [edit('lambdas/pool/install/install-roles.ts', 'CONNECTION LIMIT ${limit}`', 'CONNECTION LIMIT -1`')],
    tests: HYGIENE,
  },
  {
    name: 'a role that serves requests may adopt a pair by its internal token alone',
    kind: "the database's defences",
    edits: [
      edit(
        'lambdas/rights.ts',
        "'caller_budget_wait', 'record_bound_pair'];",
        "'caller_budget_wait', 'record_bound_pair', 'adopt'];",
      ),
    ],
    tests: HYGIENE,
  },
  {
    name: 'a card number can be recorded as a reference',
    kind: "the database's defences",
    edits: [
      edit(
        functions('lookup/record-bound-pair'),
        ' AND may_be_reference(p_card_reference)) IS NOT TRUE',
        ') IS NOT TRUE',
      ),
      edit('lambdas/pool/migrations/005.do.pair-form.sql', '[3-6]|2(', '2('),
    ],
    tests: HYGIENE,
  },
  {
    name: 'the database forgets one network of the table',
    kind: "the database's defences",
    edits: [edit(functions('refill/may-be-new-reference'), '8(60|91)', '891')],
    tests: ['test/integration/reference-ranges.test.ts'],
  },
  {
    name: 'a change of a table waits for every reader, and every request behind it',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/migrate.ts', 'SET LOCAL lock_timeout = ${lockTimeoutMs}; ', '')],
    tests: NEXT_RELEASE,
  },
  {
    name: 'a migration that finds a table locked gives up at once',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/migrate.ts', "error.code === '55P03' || ", '')],
    tests: NEXT_RELEASE,
  },
  {
    name: 'an index whose build failed is taken for built',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/install/install-indexes.ts', 'found?.isValid === true', 'found !== undefined')],
    tests: NEXT_RELEASE,
  },
  {
    name: 'a change of the removed functions alone installs nothing',
    kind: 'changes of a running system',
    edits: [
      edit('lambdas/pool/install/install-functions.ts', '[INSTALLATION, texts, removed, ', '[INSTALLATION, texts, '),
    ],
    tests: NEXT_RELEASE,
  },
  {
    name: 'a function keeps a right that the table of rights has lost',
    kind: 'changes of a running system',
    edits: [
      edit(
        'lambdas/pool/install/install-roles.ts',
        'if (!execute.includes(name)) await',
        'if (execute.length === 0) await',
      ),
    ],
    tests: NEXT_RELEASE,
  },
];
