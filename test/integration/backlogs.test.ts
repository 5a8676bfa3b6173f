import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asOwner, clearBacklogs, pairs, pairsBeside } from '../../scripts/performance/bench/backlog-rows.ts';
import { BACKLOGS } from '../../scripts/performance/bench/backlogs.ts';
import { type Execution, PlanWatcher } from '../../scripts/performance/bench/nested-plans.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const FEW = 300;
const MANY = 15_000;
/** Rows of one batch: so few that any walk over the backlog stands out. */
const BATCH = 5;
/** Most rows that a node of a plan may read: a batch, a few times over, or one move of pairs left behind. */
const MOST_ROWS = 1_000;

let db: TestDatabase;
let watcher: PlanWatcher;

beforeAll(async () => {
  db = await createTestDatabase();
  await db.sql.unsafe(asOwner(`${pairs(1, MANY)}; ${pairsBeside()}`));
  // What the planner knows is decided by the tests.
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

/** The statement with plans made for its values, and with plans made for any values. */
async function executions(statement: string): Promise<readonly Execution[]> {
  const both: Execution[] = [];
  for (const mode of ['force_custom_plan', 'force_generic_plan']) {
    await watcher.sql.unsafe(`SET plan_cache_mode = ${mode}`);
    both.push(await watcher.execute(statement));
  }
  return both;
}

describe.each(BACKLOGS)('$name', ({ fill, besides = 'SELECT 1', statement, finds }) => {
  test.each(['never', 'before the backlog came', 'after it came'])(
    `a batch reads a few rows by an index of ${MANY} as of ${FEW}, with statistics that were taken %s`,
    async (analyzed) => {
      await clearBacklogs(db.sql);
      await db.sql.unsafe(asOwner(`${fill(1, FEW)}; ${besides}`));
      if (analyzed !== 'never') await db.sql.unsafe('ANALYZE');
      const few = await executions(statement(BATCH));
      await db.sql.unsafe(asOwner(fill(FEW + 1, MANY)));
      if (analyzed === 'after it came') await db.sql.unsafe('ANALYZE');
      const many = await executions(statement(BATCH));
      for (const [index, { found, pages, nodes }] of many.entries()) {
        expect(found).toBe(finds(BATCH));
        expect(nodes.filter(({ rows }) => rows > MOST_ROWS)).toEqual([]);
        expect(pages).toBeLessThan(1.5 * (few[index]?.pages ?? Number.NaN) + 100);
      }
    },
  );
});
