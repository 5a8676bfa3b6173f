import type { Sql } from '../database/database.ts';
import { OWNER } from './install-owner.ts';

/**
 * Waits until no other migration runs. Other migrations then wait until the returned function is
 * called or the connection ends. The lock is on a table to which no role has a right, because every
 * role that can sign in could take an advisory lock. The connection does nothing else, and has no
 * snapshot that a concurrent index build would wait for.
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

/**
 * Two first migrations of a database can create the table at once. Then one of them fails and uses
 * the other's table.
 */
async function createTurn(sql: Sql, owner: string): Promise<void> {
  await sql.unsafe(`
    DO $$
    BEGIN
      IF to_regclass('public.migration_turn') IS NULL THEN
        CREATE TABLE public.migration_turn ();
        ${owner === OWNER ? GIVE_TO_OWNER : ''}
      END IF;
    EXCEPTION
      WHEN duplicate_table OR unique_violation THEN NULL;
    END $$
  `);
}

/** To become an owner, a role needs the right to create in the schema. */
const GIVE_TO_OWNER = `
  GRANT CREATE ON SCHEMA public TO ${OWNER};
  ALTER TABLE public.migration_turn OWNER TO ${OWNER};
  REVOKE CREATE ON SCHEMA public FROM ${OWNER};
`;
