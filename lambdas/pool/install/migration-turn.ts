import type { Sql } from '../database/database.ts';
import { OWNER } from './install-owner.ts';

/**
 * Waits until no other migration runs and keeps others waiting until the returned function is called, or the connection ends. A lock on a table of
 * its own: an advisory lock could be taken by any role that can sign in, and no role has a right to this table. The connection does nothing
 * else, and has no snapshot that a concurrent index build would wait for.
 */
export async function takeTurn(sql: Sql, owner: string): Promise<() => Promise<void>> {
  await createTurn(sql, owner);
  const locked = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  const holding = sql
    .begin(async (transaction) => {
      await transaction`SET LOCAL idle_in_transaction_session_timeout = 0`;
      await transaction`LOCK TABLE public.migration_turn IN EXCLUSIVE MODE`;
      locked.resolve();
      await finished.promise;
    })
    .catch((error: unknown) => {
      locked.reject(error);
    });
  await locked.promise;
  return async () => {
    finished.resolve();
    await holding;
  };
}

/** The first migrations of a database may meet here: then one of them fails, and finds the table made by the other. */
async function createTurn(sql: Sql, owner: string): Promise<void> {
  await sql.unsafe(`
    DO $$
    BEGIN
      IF to_regclass('public.migration_turn') IS NULL THEN
        CREATE TABLE public.migration_turn ();
        ${owner === OWNER ? GIVE_AWAY : ''}
      END IF;
    EXCEPTION
      WHEN duplicate_table OR unique_violation THEN NULL;
    END $$
  `);
}

/** PostgreSQL asks for the new owner's right to create in the schema. */
const GIVE_AWAY = `
  GRANT CREATE ON SCHEMA public TO ${OWNER};
  ALTER TABLE public.migration_turn OWNER TO ${OWNER};
  REVOKE CREATE ON SCHEMA public FROM ${OWNER};
`;
