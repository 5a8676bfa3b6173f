import type { Random } from '../../../lambdas/tokenization/ports/clock.ts';
import { seededRandom } from '../../../scripts/simulator/seeded-random.ts';
import type { Violation } from '../checker/invariants.ts';
import { Crashed, isOutage } from '../harness/fault-modes.ts';
import { startProcess } from '../harness/process-under-test.ts';
import type { World } from '../harness/world.ts';
import { randomOperation } from './random-operation.ts';
import { checkWorld, recoverAndCheck, unexpectedError } from './recover-and-check.ts';
import { chooseRecoveryEvents, randomRecoveryEvent } from './recovery-events.ts';
import { ScheduledActor, SeededScheduler, type Step } from './seeded-scheduler.ts';

export interface ScheduleResult {
  readonly violations: readonly Violation[];
  readonly steps: readonly Step[];
  readonly operations: number;
}

const ACTORS = 6;
const OPERATIONS = 40;
const FAULT_RATE = 0.06;
/** The target to which a prefetch fills the pool. */
const POOL_TARGET = 6;
/** The share of requests that begin after their deadline. */
const LATE_RATE = 0.03;

/**
 * Runs one random interleaving: 40 operations by 6 actors with faults, then recovery and the
 * checker. The seed decides every step.
 */
export async function runSchedule(given: World, seed: number): Promise<ScheduleResult> {
  const world = { ...given, tome: given.inProcessTome };
  await world.reset(seed);
  const random = seededRandom(seed);
  world.simulator.turn({ alreadyBound: random() < 0.5 ? 'echo' : 'conflict', bulkTokenize: 'present' });
  const settings = {
    holdSeconds: random() < 0.7 ? 0 : 3_600,
    leaseSeconds: random() < 0.5 ? 0 : 60,
  };
  const restoreClock = maybeShiftClock(random);
  const pool = Math.floor(random() * 12);
  if (pool > 0) await fillPool(world, seed, pool);
  const scheduler = new SeededScheduler(random, FAULT_RATE, world.lateEffects);
  const recoveryEvents = chooseRecoveryEvents(random);
  const queue = Array.from(
    { length: OPERATIONS },
    () => randomRecoveryEvent(random, recoveryEvents, POOL_TARGET) ?? randomOperation(random),
  );
  const violations: Violation[] = [];
  let operations = 0;

  const actor = (name: string) => async (): Promise<void> => {
    for (;;) {
      const operation = queue.shift();
      if (operation === undefined) return;
      operations += 1;
      const process = startProcess(world, new ScheduledActor(`${name}: ${operation.name}`, scheduler), {
        ...settings,
        lookupsMayBeWrong: operation.isCreation ?? false,
        caller: random() < 0.5 ? 'first' : 'second',
        isLate: random() < LATE_RATE,
      });
      try {
        await operation.run(process, world);
      } catch (error) {
        if (!(error instanceof Crashed) && !isOutage(error)) violations.push(unexpectedError(operation.name, error));
      }
    }
  };
  await scheduler.run(Array.from({ length: ACTORS }, (_, index) => actor(`actor ${index + 1}`)));
  violations.push(...(await checkWorld(world, false)));
  violations.push(...(await recoverAndCheck(world, 2)));
  restoreClock();
  return { violations, steps: scheduler.steps, operations };
}

/**
 * Fills the pool without faults. A scheduler orders the calls, because a prefetch calls both
 * namespaces at once: otherwise speed would decide which one gets the simulator's next random
 * number.
 */
async function fillPool(world: World, seed: number, target: number): Promise<void> {
  const scheduler = new SeededScheduler(seededRandom(seed), 0, world.lateEffects);
  const process = startProcess(world, new ScheduledActor('initial prefetch', scheduler));
  await scheduler.run([async () => void (await process.prefetch(target))]);
}

/** In a quarter of the interleavings the process's clock is up to an hour off (I13). */
function maybeShiftClock(random: Random): () => void {
  const now = Date.now.bind(Date);
  const isShifted = random() < 0.25;
  if (!isShifted) return () => undefined;
  const offset = (random() - 0.5) * 7_200_000;
  Date.now = () => now() + offset;
  return () => {
    Date.now = now;
  };
}
