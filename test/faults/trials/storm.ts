import { randomUUID } from 'node:crypto';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import { seededRandom } from '../../../scripts/simulator/seeded-random.ts';
import type { Violation } from '../checker/invariants.ts';
import { Crashed, isLie, isOutage, modesOf, type Point, strike } from '../harness/fault-modes.ts';
import { type Deferred, type Interceptor, untouched } from '../harness/interceptor.ts';
import { startProcess } from '../harness/process-under-test.ts';
import type { World } from '../harness/world.ts';
import { pickOperation } from './random-operation.ts';
import { HANDS, reserveOne } from './raw-operations.ts';
import { bringToRest, surprise, verdict } from './recover-and-check.ts';

export interface StormResult {
  readonly operations: number;
  readonly violations: readonly Violation[];
  /** Pairs that could still be reserved at the end, each once. */
  readonly drained: number;
}

const FAULT_RATE = 0.02;
const POOL_TARGET = 200;
const HELD_MS = 20;

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
        violations.push(surprise(operation.name, error));
      });
      if (random() < 0.1) await world.deferred.arrive();
    }
  };
  await Promise.all(Array.from({ length: actors }, act));
  violations.push(...(await verdict(world, false)));
  violations.push(...(await bringToRest(world, actors)));
  const drained = violations.length > 0 ? 0 : await drain(world, actors);
  if (drained === null)
    violations.push({ invariant: 'I9', says: 'what was on offer could not be reserved, each pair once' });
  return { operations: done, violations, drained: drained ?? 0 };
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
    if (isLie(mode) && this.#hasLied && point.isSecondWitness === true) return act();
    this.#hasLied ||= isLie(mode);
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

/**
 * Reserves what is on offer from all sides until nothing is left; how many that were, or `null` when it was not each pair once. All of it is in one
 * hand at first, which lets go: it was not gone, and nobody may have been told that the pool is empty.
 */
async function drain({ sql, database }: World, actors: number): Promise<number | null> {
  const [{ count } = { count: 0 }] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM available_pair`;
  const taken: bigint[] = [];
  const take = async (): Promise<void> => {
    for (;;) {
      const pairId = await database.run((connection) => reserveOne(connection, randomUUID()));
      if (pairId === undefined) return;
      taken.push(pairId);
    }
  };
  let taking: Promise<unknown> = Promise.resolve();
  const holding = sql.begin(async (transaction) => {
    for (let held = 0; held < count; held += 1) await reserveOne(transaction as unknown as Sql, randomUUID());
    taking = Promise.all(Array.from({ length: actors }, take));
    await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    throw new Crashed();
  });
  await holding.catch((error: unknown) => {
    if (!(error instanceof Crashed)) throw error;
  });
  await taking;
  return taken.length === count && new Set(taken).size === count ? count : null;
}
