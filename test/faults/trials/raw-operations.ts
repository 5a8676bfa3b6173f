import { randomUUID } from 'node:crypto';
import { arrayLiteral } from '../../../lambdas/pool/database/array-parameters.ts';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import type { Operation } from './random-operation.ts';

const anyPairs = async (sql: Sql, count: number): Promise<readonly bigint[]> =>
  (await sql<{ id: bigint }[]>`SELECT id FROM pair ORDER BY random() LIMIT ${count}`).map(({ id }) => id);

export const reserveOne = async (sql: Sql, id: string): Promise<bigint | undefined> =>
  (await sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM reserve(${id})`)[0]?.pairId;

/** Calls of the database's functions that no order of the product's own would make. */
export const HANDS: readonly Operation[] = [
  {
    name: 'a pair is reserved and given back',
    async run(_process, { database }) {
      const id = randomUUID();
      const pairId = await database.run((sql) => reserveOne(sql, id));
      if (pairId !== undefined)
        await database.run((sql) => sql`SELECT release(${id}, ${pairId}, 'not-dispatched', NULL)`);
    },
  },
  {
    name: 'one reservation is executed twice at once, and left',
    async run(_process, { database }) {
      const id = randomUUID();
      const one = (): Promise<unknown> =>
        database.run((sql) => reserveOne(sql, id)).catch(unlessRefused(['reservation_pkey']));
      await Promise.all([one(), one()]);
    },
  },
  {
    name: 'a reservation is given back, quarantined and settled at once',
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
    name: 'pairs are put on offer by nobody',
    run: async (_process, { database }) =>
      void (await database
        .run(async (sql) => sql`SELECT make_available(${arrayLiteral(await anyPairs(sql, 3))})`)
        .catch(unlessRefused(['only_free_pairs_are_offered', 'available_pair_pair_id_key']))),
  },
  {
    name: 'unused pairs are quarantined',
    run: async (_process, { database }) =>
      void (await database.run(
        async (sql) => sql`SELECT quarantine_unused(${arrayLiteral(await anyPairs(sql, 1))}, 'conflict')`,
      )),
  },
];

const unlessRefused = (constraints: readonly string[]) => (error: unknown) => {
  const name = error instanceof Error && 'constraint_name' in error ? String(error.constraint_name) : '';
  if (!constraints.includes(name)) throw error;
};
