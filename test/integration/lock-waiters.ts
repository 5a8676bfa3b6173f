import type { Sql } from '../../lambdas/pool/database/database.ts';

/** Resolves when a transaction of this database waits for a lock. */
export async function untilLockIsAwaited(sql: Sql): Promise<void> {
  for (;;) {
    const [{ waiting } = { waiting: 0 }] = await sql<{ waiting: number }[]>`
      SELECT count(*)::int AS waiting FROM pg_locks
      WHERE NOT granted AND (database IS NULL OR database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    `;
    if (waiting > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
