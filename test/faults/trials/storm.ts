import { randomUUID } from 'node:crypto';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import type { Random } from '../../../lambdas/tokenization/ports/clock.ts';
import { seededRandom } from '../../../scripts/simulator/seeded-random.ts';
import type { Violation } from '../checker/invariants.ts';
import { Crashed, type InjectionPoint, injectFault, isOutage, isWrongAnswer, modesOf } from '../harness/fault-modes.ts';
import { type Interceptor, noFaults } from '../harness/interceptor.ts';
import type { LateEffects } from '../harness/late-effects.ts';
import { startProcess } from '../harness/process-under-test.ts';
import type { World } from '../harness/world.ts';
import { randomOperation } from './random-operation.ts';
import { RAW_OPERATIONS, reserveOne } from './raw-operations.ts';
import { checkWorld, recoverAndCheck, unexpectedError } from './recover-and-check.ts';

export interface StormResult {
  readonly operations: number;
  readonly violations: readonly Violation[];
  /** How many pairs were reserved at the end, each once. */
  readonly drained: number;
}

const FAULT_RATE = 0.02;
const RAW_RATE = 0.4;
const POOL_TARGET = 200;

/**
 * Runs all actors at once, each statement on its own connection, so that statements overlap inside
 * PostgreSQL. The operations are requests, jobs and raw calls of database functions, with faults.
 * Then recovery and the checker; then all available pairs are reserved. The world needs one
 * database connection for each actor.
 */
export async function runStorm(
  given: World,
  { operations, actors, seed }: { readonly operations: number; readonly actors: number; readonly seed: number },
): Promise<StormResult> {
  const world = { ...given, tome: given.inProcessTome };
  await world.reset(seed);
  world.simulator.turn({ bulkTokenize: 'present' });
  await startProcess(world, noFaults).prefetch(POOL_TARGET, true);
  const random = seededRandom(seed);
  const workload = { cards: Math.ceil(operations / 4), poolTarget: POOL_TARGET };
  const violations: Violation[] = [];
  let done = 0;
  const act = async (): Promise<void> => {
    while (done < operations) {
      done += 1;
      const operation = random() < RAW_RATE ? pick(RAW_OPERATIONS, random) : randomOperation(random, workload);
      const faults = new RandomFaults(random, world.lateEffects);
      const settings = {
        leaseSeconds: random() < 0.2 ? 0 : 0.2,
        lookupsMayBeWrong: operation.isCreation ?? false,
      };
      await operation.run(startProcess(world, faults, settings), world).catch((error: unknown) => {
        if (error instanceof Crashed || isOutage(error)) return;
        violations.push(unexpectedError(operation.name, error));
      });
      if (random() < 0.1) await world.lateEffects.arrive();
    }
  };
  await Promise.all(Array.from({ length: actors }, act));
  violations.push(...(await checkWorld(world, false)));
  violations.push(...(await recoverAndCheck(world, actors)));
  const drained = violations.length > 0 ? 0 : await reserveAll(world, actors);
  if (drained === null)
    violations.push({ invariant: 'I9', message: 'the available pairs could not be reserved, each exactly once' });
  return { operations: done, violations, drained: drained ?? 0 };
}

class RandomFaults implements Interceptor {
  readonly #random: Random;
  readonly #lateEffects: LateEffects;
  #hasCrashed = false;
  #hasAnsweredWrongly = false;

  constructor(random: Random, lateEffects: LateEffects) {
    this.#random = random;
    this.#lateEffects = lateEffects;
  }

  async around<Result>(point: InjectionPoint, call: () => Promise<Result>): Promise<Result> {
    if (this.#hasCrashed) throw new Crashed();
    if (this.#random() >= FAULT_RATE) return call();
    const mode = pick(modesOf(point), this.#random);
    if (isWrongAnswer(mode) && this.#hasAnsweredWrongly && point.isConfirmation === true) return call();
    this.#hasAnsweredWrongly ||= isWrongAnswer(mode);
    return injectFault(mode, point, call, {
      crash: () => {
        this.#hasCrashed = true;
      },
      delay: (late) => this.#lateEffects.add(late),
    });
  }
}

const pick = <Value>(values: readonly Value[], random: Random): Value =>
  values[Math.floor(random() * values.length)] as Value;

/**
 * Reserves all available pairs with all actors at once. Returns how many there were, or `null`
 * unless each was reserved exactly once.
 *
 * At first one transaction locks all of them until every actor has an answer. The actors must not
 * wait for it, and must find no pair. Then it rolls back, and the actors must find all pairs.
 */
async function reserveAll({ sql, database }: World, actors: number): Promise<number | null> {
  const [{ count } = { count: 0 }] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM available_pair`;
  const reserveUntilEmpty = async (): Promise<readonly bigint[]> => {
    const taken: bigint[] = [];
    for (;;) {
      const pairId = await database.run((connection) => reserveOne(connection, randomUUID()));
      if (pairId === undefined) return taken;
      taken.push(pairId);
    }
  };
  const reserveTogether = async (): Promise<readonly bigint[]> =>
    (await Promise.all(Array.from({ length: actors }, reserveUntilEmpty))).flat();
  let isWaitFree = false;
  const holding = sql.begin(async (transaction) => {
    for (let held = 0; held < count; held += 1) await reserveOne(transaction as unknown as Sql, randomUUID());
    isWaitFree = (await reserveTogether()).length === 0;
    throw new Crashed();
  });
  await holding.catch((error: unknown) => {
    if (!(error instanceof Crashed)) throw error;
  });
  const taken = await reserveTogether();
  return isWaitFree && taken.length === count && new Set(taken).size === count ? count : null;
}
