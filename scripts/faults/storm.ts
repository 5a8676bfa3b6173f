import { randomUUID } from 'node:crypto';
import { arrayLiteral } from '../../lambdas/pool/array-parameters.ts';
import type { Sql } from '../../lambdas/pool/database.ts';
import { seededRandom } from '../simulator/seeded-random.ts';
import type { Violation } from './checker/invariants.ts';
import { Crashed, isOutage, modesOf, type Point, strike } from './fault-modes.ts';
import { type Deferred, type Interceptor, untouched } from './interceptor.ts';
import { type Operation, pickOperation } from './pick-operation.ts';
import { startProcess } from './process-under-test.ts';
import { recover, verdict } from './recovery.ts';
import type { World } from './world.ts';

export interface StormResult {
  readonly operations: number;
  readonly violations: readonly Violation[];
  /** Pairs that could still be reserved at the end, each once. */
  readonly drained: number;
}

const FAULT_RATE = 0.02;
const POOL_TARGET = 200;

/**
 * Nobody takes turns here: all actors work at once, each statement on a connection of its own, so that statements truly overlap inside PostgreSQL.
 * Requests and jobs of every kind, faults now and then, and hands that reach past the product for the database's functions. Then recovery and the
 * checker; and what is left on offer is reserved to the last pair. A world needs as many connections as there are actors.
 */
export async function runStorm(
  given: World,
  { operations, actors, seed }: { readonly operations: number; readonly actors: number; readonly seed: number },
): Promise<StormResult> {
  const world = { ...given, tome: given.wirelessTome };
  await world.reset(seed);
  world.simulator.turn({ bulkTokenize: 'present' });
  await startProcess(world, untouched).prefetch(POOL_TARGET, true);
  const random = seededRandom(seed);
  const demand = { cards: Math.ceil(operations / 4), poolTarget: POOL_TARGET };
  const violations: Violation[] = [];
  let done = 0;
  const act = async (): Promise<void> => {
    while (done < operations) {
      done += 1;
      const operation = random() < 0.4 ? pick(HANDS, random) : pickOperation(random, demand);
      const faults = new FaultsNowAndThen(random, world.deferred);
      const settings = { leaseSeconds: random() < 0.2 ? 0 : 0.2, lookupsLie: operation.name.startsWith('create') };
      await operation.run(startProcess(world, faults, settings), world).catch((error: unknown) => {
        if (error instanceof Crashed || isOutage(error)) return;
        violations.push({ invariant: 'no surprise', says: `${operation.name}: ${String(error)}` });
      });
      if (random() < 0.1) await world.deferred.arrive();
    }
  };
  await Promise.all(Array.from({ length: actors }, act));
  violations.push(...(await verdict(world, false)));
  await recover(world, actors);
  violations.push(...(await verdict(world, true)));
  const drained = await drain(world, actors, violations);
  return { operations: done, violations, drained };
}

class FaultsNowAndThen implements Interceptor {
  readonly #random: () => number;
  readonly #deferred: Deferred;
  #isDead = false;
  #hasLied = false;

  constructor(random: () => number, deferred: Deferred) {
    this.#random = random;
    this.#deferred = deferred;
  }

  async around<Result>(point: Point, act: () => Promise<Result>): Promise<Result> {
    if (this.#isDead) throw new Crashed();
    if (this.#random() >= FAULT_RATE) return act();
    const mode = pick(modesOf(point), this.#random);
    if (mode === 'wrong-echo' && this.#hasLied && point.isSecondWitness === true) return act();
    this.#hasLied ||= mode === 'wrong-echo';
    return strike(mode, point, act, {
      die: () => {
        this.#isDead = true;
      },
      defer: (late) => this.#deferred.add(late),
    });
  }
}

const pick = <Value>(values: readonly Value[], random: () => number): Value =>
  values[Math.floor(random() * values.length)] as Value;

const anyPairs = async (sql: Sql, count: number): Promise<readonly bigint[]> =>
  (await sql<{ id: bigint }[]>`SELECT id FROM pair ORDER BY random() LIMIT ${count}`).map(({ id }) => id);

const reserveOne = async (sql: Sql, id: string): Promise<bigint | undefined> =>
  (await sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM reserve(${id})`)[0]?.pairId;

/** Calls of the database's functions that no order of the product's own would make. */
const HANDS: readonly Operation[] = [
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
        .run(async (sql) => sql`SELECT put_on_offer(${arrayLiteral(await anyPairs(sql, 3))})`)
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

/** Reserves what is on offer from all sides until nothing is left; every pair must come once. */
async function drain({ sql, database }: World, actors: number, violations: Violation[]): Promise<number> {
  const [{ count } = { count: 0 }] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM available_pair`;
  const taken: bigint[] = [];
  const take = async (): Promise<void> => {
    for (;;) {
      const pairId = await database.run((connection) => reserveOne(connection, randomUUID()));
      if (pairId === undefined) return;
      taken.push(pairId);
    }
  };
  await Promise.all(Array.from({ length: actors }, take));
  if (taken.length !== count || new Set(taken).size !== count)
    violations.push({ invariant: 'I9', says: `${count} pairs were on offer and ${taken.length} were reserved` });
  return taken.length;
}
