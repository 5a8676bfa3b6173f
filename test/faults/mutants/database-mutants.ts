import { edit, type Mutant } from './mutant.ts';

const SHADOWING = ['test/integration/shadowing/shadowing.test.ts'];
const OWNER = ['test/integration/database-owner.test.ts'];
const HYGIENE = ['test/integration/database-hygiene.test.ts'];
const NEXT_RELEASE = ['test/integration/next-release.test.ts'];
const FUNCTIONS = ['test/integration/database-functions.test.ts'];
const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;

/** Bugs in the rights and checks of the database, and in how a running database is changed. */
export const DATABASE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a function without a search path names a type without its schema',
    kind: 'privilege escalation of database roles',
    edits: [edit(functions('reservation/mark-used'), 'opened_at pg_catalog.timestamptz', 'opened_at timestamptz')],
    tests: SHADOWING,
  },
  {
    name: 'a function without a search path names an operator without its schema',
    kind: 'privilege escalation of database roles',
    edits: [
      edit(
        functions('reservation/reserve'),
        'drawn_ticket OPERATOR(pg_catalog.<) last_ticket',
        'drawn_ticket < last_ticket',
      ),
    ],
    tests: SHADOWING,
  },
  {
    name: 'the search path of the functions does not put temporary objects last',
    kind: 'privilege escalation of database roles',
    edits: [edit('lambdas/pool/install/install-functions.ts', "'pg_catalog, public, pg_temp'", "'pg_catalog, public'")],
    tests: SHADOWING,
  },
  {
    name: 'every role may create temporary objects',
    kind: 'privilege escalation of database roles',
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
    name: 'the administrator owns the functions',
    kind: 'privilege escalation of database roles',
    edits: [edit('lambdas/pool/migrate.ts', '  await giveToOwner(transaction, owner);\n', '')],
    tests: OWNER,
  },
  {
    name: 'a migration waits for an advisory lock that every role can take',
    kind: 'protections in the database',
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
    name: 'a migration keeps the settings that a role has set for itself',
    kind: 'protections in the database',
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
    name: 'a role may use every connection of the server',
    kind: 'protections in the database',
    edits: [edit('lambdas/pool/install/install-roles.ts', 'CONNECTION LIMIT ${limit}`', 'CONNECTION LIMIT -1`')],
    tests: HYGIENE,
  },
  {
    name: 'a role that serves requests may execute adopt, which needs only an internal token',
    kind: 'protections in the database',
    edits: [
      edit(
        'lambdas/database-functions.ts',
        "['find_by_internal_token', 'caller_budget_wait', 'record_bound_pair'] as const;",
        "['find_by_internal_token', 'caller_budget_wait', 'record_bound_pair', 'adopt'] as const;",
      ),
    ],
    tests: HYGIENE,
  },
  {
    name: 'the check of references in the database lacks one card network',
    kind: 'protections in the database',
    edits: [edit(functions('forms/may-be-new-reference'), '8(60|91)', '891')],
    tests: ['test/integration/reference-ranges.test.ts'],
  },
  {
    name: 'a migration waits for a table lock without a timeout, and all requests wait behind it',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/migrate.ts', 'SET LOCAL lock_timeout = ${lockTimeoutMs}; ', '')],
    tests: NEXT_RELEASE,
  },
  {
    name: 'a migration that finds a table locked is not tried again',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/migrate.ts', "error.code === '55P03' || ", '')],
    tests: NEXT_RELEASE,
  },
  {
    name: 'an index whose build failed counts as built',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/install/install-indexes.ts', 'found?.isValid === true', 'found !== undefined')],
    tests: NEXT_RELEASE,
  },
  {
    name: 'a change of only the texts of functions installs nothing',
    kind: 'changes of a running system',
    edits: [
      edit('lambdas/pool/install/install-functions.ts', '[INSTALLATION, texts, ', '[INSTALLATION, texts.length, '),
    ],
    tests: ['test/integration/rolled-back-release.test.ts'],
  },
  {
    name: 'a function whose file was deleted is never dropped',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/install/install-functions.ts', 'dropUnused ? await', 'dropUnused === null ? await')],
    tests: FUNCTIONS,
  },
  {
    name: 'a function is dropped while a role of the running release may execute it',
    kind: 'changes of a running system',
    edits: [
      edit(
        'lambdas/pool/install/drop-unused-functions.ts',
        'AS granted WHERE granted.grantee <> proowner',
        'AS granted WHERE granted.grantee = 0',
      ),
    ],
    tests: FUNCTIONS,
  },
  {
    name: 'a function is dropped while the body of a running function calls it',
    kind: 'changes of a running system',
    edits: [
      edit(
        'lambdas/pool/install/drop-unused-functions.ts',
        "caller.prosrc ~ ('\\\\m' || unused.proname || '\\\\s*\\\\(')",
        'caller.prosrc = unused.proname',
      ),
    ],
    tests: FUNCTIONS,
  },
  {
    name: 'a role that was removed from the table of rights keeps its rights',
    kind: 'changes of a running system',
    edits: [edit('lambdas/pool/install/install-roles.ts', '  await revokeFromOtherRoles(sql, grants);\n', '')],
    tests: FUNCTIONS,
  },
  {
    name: 'a role keeps the right to execute a function that was removed from its rights',
    kind: 'changes of a running system',
    edits: [
      edit(
        'lambdas/pool/install/install-roles.ts',
        'if (!execute.includes(name)) await',
        'if (execute.length === 0) await',
      ),
    ],
    tests: FUNCTIONS,
  },
];
