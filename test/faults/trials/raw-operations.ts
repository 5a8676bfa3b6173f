import { randomUUID } from 'node:crypto';
import { arrayLiteral } from '../../../lambdas/pool/database/array-parameters.ts';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import type { TrialOperation } from './random-operation.ts';

const anyPairs = async (sql: Sql, count: number): Promise<readonly bigint[]> =>
  (await sql<{ id: bigint }[]>`SELECT id FROM pair ORDER BY random() LIMIT ${count}`).map(({ id }) => id);

export const reserveOne = async (sql: Sql, id: string): Promise<bigint | undefined> =>
  (await sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM reserve(${id})`)[0]?.pairId;

/** Direct calls of database functions, in orders in which the product never calls them. */
export const RAW_OPERATIONS: readonly TrialOperation[] = [
  {
    name: 'a pair is reserved and released',
    async run(_process, { database }) {
      const id = randomUUID();
      const pairId = await database.run((sql) => reserveOne(sql, id));
      if (pairId !== undefined)
        await database.run((sql) => sql`SELECT release(${id}, ${pairId}, 'not-dispatched', NULL)`);
    },
  },
  {
    name: 'one reservation is executed twice at once and stays open',
    async run(_process, { database }) {
      const id = randomUUID();
      const one = (): Promise<unknown> =>
        database.run((sql) => reserveOne(sql, id)).catch(unlessRefusedBy(['reservation_pkey']));
      await Promise.all([one(), one()]);
    },
  },
  {
    name: 'a reservation is released, quarantined and settled at once',
    async run(process, { database }) {
      const id = randomUUID();
      const pairId = await database.run((sql) => reserveOne(sql, id));
      if (pairId === undefined) return;
      await Promise.all([
        database.run((sql) => sql`SELECT release(${id}, ${pairId}, 'not-dispatched', NULL)`),
        database.run((sql) => sql`SELECT quarantine_reservation(${id}, ${pairId}, 'conflict')`),
        process.settle(-1),
      ]);
    },
  },
  {
    name: 'any pairs are added to available_pair',
    run: async (_process, { database }) =>
      void (await database
        .run(async (sql) => sql`SELECT make_available(${arrayLiteral(await anyPairs(sql, 3))})`)
        .catch(unlessRefusedBy(['only_free_pairs_are_offered', 'available_pair_pair_id_key']))),
  },
  {
    name: 'an unused pair is quarantined',
    run: async (_process, { database }) =>
      void (await database.run(
        async (sql) => sql`SELECT quarantine_unused(${arrayLiteral(await anyPairs(sql, 1))}, 'conflict')`,
      )),
  },
];

const unlessRefusedBy = (constraints: readonly string[]) => (error: unknown) => {
  const name = error instanceof Error && 'constraint_name' in error ? String(error.constraint_name) : '';
  if (!constraints.includes(name)) throw error;
};
