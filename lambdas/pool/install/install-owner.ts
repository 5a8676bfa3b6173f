import type { Sql } from '../database/database.ts';

/**
 * Owns the objects of the schema and nothing else. This role cannot sign in, create roles or read
 * files.
 */
export const OWNER = 'pool_owner';

/**
 * Creates the role that owns tables, types and functions, so that a hole in a function does not
 * give away the administrator's rights. Returns the name of the owner. If the migrating user may
 * not create such a role, as on a developer's own PostgreSQL, that user is the owner and everything
 * else works.
 */
export async function createOwner(sql: Sql): Promise<string> {
  try {
    await sql.unsafe(`
      DO $$
      BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${OWNER}') THEN
          CREATE ROLE ${OWNER} NOLOGIN;
        END IF;
      EXCEPTION
        -- Roles belong to the server, and another database's migration can create the same one now.
        WHEN duplicate_object OR unique_violation THEN NULL;
      END $$
    `);
    // Without superuser rights, a user can give objects only to a role of which it is a member.
    // Later migrations change these tables as a member.
    const [member] = await sql<
      { isMember: boolean }[]
    >`SELECT pg_has_role(current_user, ${OWNER}, 'USAGE') AS "isMember"`;
    if (member?.isMember !== true) await sql.unsafe(`GRANT ${OWNER} TO CURRENT_USER`);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  const [found] = await sql<{ name: string; isReady: boolean }[]>`
    SELECT
      current_user::text AS name,
      EXISTS (
        -- A role that can sign in, or has more rights, would protect no better than the
        -- administrator.
        SELECT FROM pg_roles
        WHERE rolname = ${OWNER}
          AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolcanlogin)
          AND NOT EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
          AND pg_has_role(current_user, oid, 'USAGE')
      )
      -- To become an owner, a role needs the right to create in the schema. giveToOwner grants it
      -- for a moment.
      AND (
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        OR EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND pg_has_role(current_user, nspowner, 'USAGE'))
      ) AS "isReady"
  `;
  return found?.isReady === true ? OWNER : (found?.name ?? '');
}

const isRefused = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '42501';

/**
 * Gives all objects of the schema to the owner. It runs in each migration, because new objects
 * belong to the migrating user. Only objects with another owner are changed, because a change of
 * owner locks the table. The owner may create in the schema only until this transaction ends.
 * `migration_turn` is locked by this migration, and has its owner since it was created.
 */
export async function giveToOwner(sql: Sql, owner: string): Promise<void> {
  if (owner !== OWNER) return;
  await sql.unsafe(`
    DO $$
    DECLARE
      command text;
      commands CONSTANT text[] := ARRAY(
        SELECT format('ALTER %s %s OWNER TO ${OWNER}', kind, name)
        FROM (
          SELECT 'TABLE' AS kind, oid::regclass::text AS name, relowner AS owner, oid, 'pg_class'::regclass AS catalog
          FROM pg_class
          WHERE relnamespace = 'public'::regnamespace AND relname <> 'migration_turn'
            -- The sequence of a column has the owner of its table, as indexes have.
            AND (relkind IN ('r', 'p', 'v', 'm') OR relkind = 'S' AND NOT EXISTS (
              SELECT FROM pg_depend WHERE objid = pg_class.oid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i')
            ))
          UNION ALL
          SELECT 'TYPE', oid::regtype::text, typowner, oid, 'pg_type'::regclass
          FROM pg_type
          WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
          UNION ALL
          SELECT 'ROUTINE', oid::regprocedure::text, proowner, oid, 'pg_proc'::regclass
          FROM pg_proc
          WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
        ) AS thing
        WHERE owner <> '${OWNER}'::regrole
          AND pg_has_role(current_user, owner, 'USAGE')
          AND NOT EXISTS (
            SELECT FROM pg_depend WHERE objid = thing.oid AND classid = thing.catalog AND deptype = 'e'
          )
      );
    BEGIN
      IF commands = '{}' THEN
        RETURN;
      END IF;
      GRANT CREATE ON SCHEMA public TO ${OWNER};
      FOREACH command IN ARRAY commands LOOP
        EXECUTE command;
      END LOOP;
      REVOKE CREATE ON SCHEMA public FROM ${OWNER};
    END $$
  `);
}
