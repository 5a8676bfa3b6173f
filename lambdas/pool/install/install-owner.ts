import type { Sql } from '../database/database.ts';

/** Owns what is in the schema and nothing else. Nobody signs in as this role, and it may neither create roles nor read files. */
export const OWNER = 'pool_owner';

/**
 * Makes the role that owns tables, types and functions, so that a hole in a function is not the administrator's rights. Returns the owner: where
 * the one who migrates may not make such a role (somebody's own PostgreSQL), it stays the owner itself and everything else works.
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
        -- Roles belong to the server: the migration of another database may just be creating the same one.
        WHEN duplicate_object OR unique_violation THEN NULL;
      END $$
    `);
    // A migrator that is no superuser can give what it has only to a role that it is a member of. Later migrations change these tables as a member.
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
        -- One that can sign in, or has rights of its own or another role's, would be no better than the administrator.
        SELECT FROM pg_roles
        WHERE rolname = ${OWNER}
          AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolcanlogin)
          AND NOT EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
          AND pg_has_role(current_user, oid, 'USAGE')
      )
      -- PostgreSQL asks for the new owner's right to create in the schema, which is given for a moment below.
      AND (
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        OR EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND pg_has_role(current_user, nspowner, 'USAGE'))
      ) AS "isReady"
  `;
  return found?.isReady === true ? OWNER : (found?.name ?? '');
}

const isRefused = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '42501';

/**
 * Runs with each migration, because what a migration creates belongs to the one who migrates. Only what has another owner is changed: a change
 * of owner locks its table. The owner may create in the schema only until the end of this transaction. `migration_turn` is locked by
 * this very migration, and was given away when it was made.
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
            -- A sequence that belongs to a column goes with its table, as indexes do.
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
