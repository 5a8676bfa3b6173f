import type { Sql } from './database.ts';

/** Owns all that is in the schema and nothing else. Nobody signs in as this role, and it may neither create roles nor read files. */
export const OWNER = 'pool_owner';

/**
 * Gives the tables, types and functions to a role that has no rights beyond them, so that a hole in a function is not the administrator's
 * rights. Returns the owner: where the one who migrates may not do so (somebody's own PostgreSQL), it stays the owner and everything else works.
 *
 * Runs with each migration, because what a migration creates belongs to the one who migrates. Only what has another owner is changed: a change
 * of owner locks its table.
 */
export async function installOwner(sql: Sql): Promise<string> {
  const [migrator] = await sql<{ name: string; mayCreateRoles: boolean }[]>`
    SELECT current_user::text AS name, rolsuper OR rolcreaterole AS "mayCreateRoles"
    FROM pg_roles
    WHERE rolname = current_user
  `;
  const name = migrator?.name ?? '';
  try {
    await sql`SAVEPOINT install_owner`;
    if (migrator?.mayCreateRoles === true) await createOwner(sql);
    if (!(await isOwnerReady(sql))) return name;
    await giveAway(sql);
    return OWNER;
  } catch (error) {
    if (!isRefused(error)) throw error;
    await sql`ROLLBACK TO SAVEPOINT install_owner`;
    return name;
  }
}

const isRefused = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '42501';

/** Roles belong to the server: the migration of another database may just be creating the same one. */
async function createOwner(sql: Sql): Promise<void> {
  await sql.unsafe(`
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${OWNER}') THEN
        CREATE ROLE ${OWNER} NOLOGIN;
      END IF;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
  `);
  // A migrator that is no superuser can only give what it has to a role that it is a member of. Later migrations change these tables as a member.
  const [member] = await sql<{ isMember: boolean }[]>`
    SELECT rolsuper OR pg_has_role(current_user, ${OWNER}, 'USAGE') AS "isMember" FROM pg_roles WHERE rolname = current_user
  `;
  if (member?.isMember !== true) await sql.unsafe(`GRANT ${OWNER} TO CURRENT_USER`);
}

/** A role of this name that can sign in, or has rights of its own or another role's, would be no better than the administrator. */
async function isOwnerReady(sql: Sql): Promise<boolean> {
  const [ready] = await sql<{ isReady: boolean }[]>`
    SELECT
      NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolcanlogin)
        AND NOT EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
        AND pg_has_role(current_user, oid, 'USAGE') AS "isReady"
    FROM pg_roles
    WHERE rolname = ${OWNER}
  `;
  return ready?.isReady === true;
}

/** The owner may create in the schema only until the end of this transaction: PostgreSQL asks for that right when a thing is given away. */
async function giveAway(sql: Sql): Promise<void> {
  await sql.unsafe(`
    DO $$
    DECLARE
      command text;
      commands CONSTANT text[] := ARRAY(
        SELECT format('ALTER %s %s OWNER TO ${OWNER}', kind, name)
        FROM (
          SELECT 'TABLE' AS kind, oid::regclass::text AS name, relowner AS owner, oid, 'pg_class'::regclass AS catalog
          FROM pg_class
          WHERE relnamespace = 'public'::regnamespace
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
