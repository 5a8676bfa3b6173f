import { seededRandom } from '../../../scripts/simulator/seeded-random.ts';
import type { Violation } from '../checker/invariants.ts';
import { Crashed, isOutage } from '../harness/fault-modes.ts';
import { untouched } from '../harness/interceptor.ts';
import { startProcess } from '../harness/process-under-test.ts';
import type { World } from '../harness/world.ts';
import { pickOperation } from './random-operation.ts';
import { bringToRest, surprise, verdict } from './recover-and-check.ts';
import { chooseUpheavals, pickUpheaval } from './recovery-events.ts';
import { ScheduledActor, SeededScheduler, type Step } from './seeded-scheduler.ts';

export interface ScheduleResult {
  readonly violations: readonly Violation[];
  readonly steps: readonly Step[];
  readonly operations: number;
}

const ACTORS = 6;
const OPERATIONS = 40;
const FAULT_RATE = 0.06;
/** Pairs that a prefetch fills the pool to. */
const POOL_TARGET = 6;
/** Share of requests that begin when their deadline is over. */
const LATE_RATE = 0.03;

type Random = () => number;

/** Forty operations by six actors in one interleaving, then recovery and the checker. The seed decides everything. */
export async function runSchedule(given: World, seed: number): Promise<ScheduleResult> {
  const world = { ...given, tome: given.wirelessTome };
  await world.reset(seed);
  const random = seededRandom(seed);
  world.simulator.turn({ alreadyBound: random() < 0.5 ? 'echo' : 'conflict', bulkTokenize: 'present' });
  const settings = {
    holdSeconds: random() < 0.7 ? 0 : 3_600,
    leaseSeconds: random() < 0.5 ? 0 : 60,
  };
  const restoreClock = jumpingClock(random);
  const pool = Math.floor(random() * 12);
  if (pool > 0) await startProcess(world, untouched).prefetch(pool);
  const scheduler = new SeededScheduler(random, FAULT_RATE, world.deferred);
  const upheavals = chooseUpheavals(random);
  const queue = Array.from(
    { length: OPERATIONS },
    () => pickUpheaval(random, upheavals, POOL_TARGET) ?? pickOperation(random),
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
        lookupsLie: operation.name.startsWith('create'),
        caller: random() < 0.5 ? 'first' : 'second',
        isLate: random() < LATE_RATE,
      });
      try {
        await operation.run(process, world);
      } catch (error) {
        if (!(error instanceof Crashed) && !isOutage(error)) violations.push(surprise(operation.name, error));
      }
    }
  };
  await scheduler.run(Array.from({ length: ACTORS }, (_, index) => actor(`actor ${index + 1}`)));
  violations.push(...(await verdict(world, false)));
  violations.push(...(await bringToRest(world, 2)));
  restoreClock();
  return { violations, steps: scheduler.steps, operations };
}

/** The process's idea of the date jumps by up to an hour at every look (I13). The database's does not. */
function jumpingClock(random: Random): () => void {
  const now = Date.now.bind(Date);
  const jumps = random() < 0.25;
  if (!jumps) return () => undefined;
  const offset = (random() - 0.5) * 7_200_000;
  Date.now = () => now() + offset;
  return () => {
    Date.now = now;
  };
}
