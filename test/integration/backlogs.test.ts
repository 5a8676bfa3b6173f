import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { additionalPairs, asOwner, clearBacklogs, pairs } from '../../scripts/performance/bench/backlog-rows.ts';
import { BACKLOGS } from '../../scripts/performance/bench/backlogs.ts';
import { type Execution, PlanWatcher } from '../../scripts/performance/bench/nested-plans.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const FEW = 300;
const MANY = 15_000;
/** Rows of one batch: so few that a scan of the backlog is noticed. */
const BATCH = 5;
/**
 * Most rows that a node of a plan may read: a few batches, or one move of pairs whose tickets were
 * passed.
 */
const MOST_ROWS = 1_000;

let db: TestDatabase;
let watcher: PlanWatcher;

beforeAll(async () => {
  db = await createTestDatabase();
  await db.sql.unsafe(asOwner(`${pairs(1, MANY)}; ${additionalPairs()}`));
  // The tests decide which statistics the planner has.
  await db.sql.unsafe(`
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', name);
      END LOOP;
    END $$
  `);
  watcher = new PlanWatcher(db.url);
  await watcher.open();
});

afterAll(async () => {
  await watcher.close();
  await db.drop();
});

/** Executes the statement with a custom plan and with a generic plan. */
async function executions(statement: string): Promise<readonly Execution[]> {
  const both: Execution[] = [];
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await watcher.sql.unsafe(`SET plan_cache_mode = ${mode}`);
    both.push(await watcher.execute(statement));
  }
  return both;
}

describe.each(BACKLOGS)('$name', ({ fill, additionalRows = 'SELECT 1', statement, finds }) => {
  test.each(['never', 'before the backlog', 'after the backlog'])(
    `a batch reads as few rows by an index with a backlog of ${MANY} as with ${FEW}, when statistics were collected %s`,
    async (analyzed) => {
      await clearBacklogs(db.sql);
      await db.sql.unsafe(asOwner(`${fill(1, FEW)}; ${additionalRows}`));
      if (analyzed !== 'never') await db.sql.unsafe('ANALYZE');
      const few = await executions(statement(BATCH));
      await db.sql.unsafe(asOwner(fill(FEW + 1, MANY)));
      if (analyzed === 'after the backlog') await db.sql.unsafe('ANALYZE');
      const many = await executions(statement(BATCH));
      for (const [index, { found, pages, nodes }] of many.entries()) {
        expect(found).toBe(finds(BATCH));
        expect(nodes.filter(({ rows }) => rows > MOST_ROWS)).toEqual([]);
        expect(pages).toBeLessThan(1.5 * (few[index]?.pages ?? Number.NaN) + 100);
      }
    },
  );
});
