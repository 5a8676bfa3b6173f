import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { OWNER } from '../../lambdas/pool/install/install-owner.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '../../scripts/local/embedded-database.ts';

/** This test has its own server: roles belong to a server, and here it matters who created them. */
let server: EmbeddedDatabase;
let folder: string;
let release: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'owner-'));
  await chmod(folder, 0o711);
  server = await startEmbeddedDatabase({ directory: join(folder, 'postgres'), settings: ['fsync=off'] });
  release = join(folder, 'release');
  for (const part of ['migrations', 'functions']) {
    await cp(join('lambdas/pool', part), join(release, part), { recursive: true });
  }
  await writeFile(
    join(release, 'migrations/900.do.later.sql'),
    'ALTER TABLE pair ADD COLUMN later text; CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY); CREATE SEQUENCE later_number;',
  );
  await writeFile(
    join(release, 'functions/later.sql'),
    'CREATE OR REPLACE FUNCTION later() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM later $$;',
  );
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run<Row extends object>(url: string, text: string): Promise<readonly Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe<Row[]>(text))];
  } finally {
    await sql.end();
  }
}

const urlOf = (user: string, database: string): string => {
  const url = new URL(server.url);
  url.username = user;
  url.pathname = `/${database}`;
  return url.href;
};

const OWNERS = `
  SELECT DISTINCT owner::regrole::text AS owner FROM (
    SELECT relowner AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT typowner FROM pg_type WHERE typnamespace = 'public'::regnamespace
  ) AS thing
`;

/**
 * The migrating users and their rights. `creates_roles` is like the administrator of RDS: no
 * superuser.
 */
const MIGRATORS = [
  { name: 'postgres', owner: OWNER, rights: null },
  { name: 'creates_roles', owner: OWNER, rights: 'CREATEROLE' },
  { name: 'plain', owner: 'plain', rights: '' },
] as const;

/** Rights to objects of PostgreSQL itself, which only a superuser may revoke. */
const ONLY_FOR_SUPERUSERS = [
  'DO blocks',
  'connections to template1 and postgres',
  'large objects',
  'advisory locks',
  'notifications',
  'other sessions',
  'replication messages and snapshots',
];

describe.each(MIGRATORS)('when the migrating user is $name', ({ name, owner, rights }) => {
  const database = `pool_of_${name}`;
  const url = () => urlOf(name, database);

  beforeEach(async () => {
    for (const migrator of MIGRATORS) await run(server.url, `DROP DATABASE IF EXISTS pool_of_${migrator.name}`);
    for (const role of [...ROLE_GRANTS.map((grant) => grant.role), OWNER]) {
      await run(server.url, `DROP ROLE IF EXISTS ${role}`);
    }
    if (rights !== null) {
      await run(server.url, `DROP ROLE IF EXISTS ${name}`);
      await run(server.url, `CREATE ROLE ${name} LOGIN PASSWORD 'local-only' ${rights}`);
    }
    await run(server.url, 'GRANT CONNECT ON DATABASE template1 TO PUBLIC');
    await run(server.url, `CREATE DATABASE ${database} OWNER ${name}`);
  });

  test(`${owner} owns tables, types and functions, also those of a later migration`, async () => {
    expect(await migrate(url(), { grants: ROLE_GRANTS })).toMatchObject({ owner });
    expect(await run(url(), OWNERS)).toEqual([{ owner }]);
    const later = await migrate(url(), { directory: release, grants: ROLE_GRANTS });
    expect(later).toMatchObject({ applied: ['900.do.later.sql'], functionsInstalled: true, owner });
    expect(await run(url(), OWNERS)).toEqual([{ owner }]);
    expect(await migrate(url(), { grants: ROLE_GRANTS })).toMatchObject({ applied: [], owner });
    // Without roles, code signs in as the owner and may still call a function that has no file now.
    const hasRoles = owner === OWNER;
    expect(await migrate(url(), { grants: ROLE_GRANTS })).toMatchObject({
      strayFunctions: hasRoles ? [] : ['later()'],
    });
    expect(await run(url(), 'SELECT count_spare_tokens()')).toHaveLength(1);
  });

  test('no role may create temporary objects, and openToPublic names the rights that are left', async () => {
    const { openToPublic } = await migrate(url(), { grants: ROLE_GRANTS });
    expect(openToPublic).toEqual(name === 'postgres' ? [] : ONLY_FOR_SUPERUSERS);
    await run(server.url, `GRANT TEMPORARY ON DATABASE ${database} TO PUBLIC`);
    await migrate(url(), { grants: ROLE_GRANTS });
    expect(await run(url(), "SELECT has_database_privilege('public', current_database(), 'TEMPORARY') AS may")).toEqual(
      [{ may: false }],
    );
  });

  if (owner === OWNER) {
    test('the owner cannot sign in, is a member of no role and has no right beyond its objects', async () => {
      await migrate(url(), { grants: ROLE_GRANTS });
      const found = await run(
        url(),
        `SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolcanlogin AS "isMore",
          (SELECT count(*)::int FROM pg_auth_members WHERE member = pg_roles.oid) AS memberships,
          has_schema_privilege(oid, 'public', 'CREATE') OR has_database_privilege(oid, current_database(), 'CREATE, TEMPORARY') AS "mayCreate"
        FROM pg_roles WHERE rolname = '${OWNER}'`,
      );
      expect(found).toEqual([{ isMore: false, memberships: 0, mayCreate: false }]);
    });

    test('the roles can execute the functions of that owner', async () => {
      expect(await migrate(url(), { grants: ROLE_GRANTS })).toMatchObject({ rolesWithOtherLimits: [] });
      const asRole = (role: string, statement: string) =>
        run<Record<string, unknown>>(urlOf('postgres', database), `SET SESSION AUTHORIZATION ${role}; ${statement}`);
      await asRole(
        'create_card',
        "SELECT record_bound_pair('token_of_the_right_form_1', '9100000000000001', 'direct')",
      );
      await asRole('relay_events', 'SELECT * FROM take_events(10, 30)');
      await asRole('fence_restored', 'SELECT * FROM fence_restored()');
      expect(await run(urlOf('postgres', database), 'SELECT attempts FROM outbox_event')).toEqual([{ attempts: 1 }]);
    });

    test('a role with the owner’s name that can sign in does not become the owner', async () => {
      await run(server.url, `CREATE ROLE ${OWNER} LOGIN`);
      if (name !== 'postgres') await run(server.url, `GRANT ${OWNER} TO ${name} WITH ADMIN OPTION`);
      expect(await migrate(url(), { grants: ROLE_GRANTS })).toMatchObject({ owner: name });
    });
  }
});
