import { madeUpCard } from '../local/made-up-cards.ts';
import { seededRandom } from '../simulator/seeded-random.ts';
import type { Violation } from './checker/invariants.ts';
import { Crashed, isOutage } from './fault-modes.ts';
import { untouched } from './interceptor.ts';
import { type ProcessUnderTest, startProcess } from './process-under-test.ts';
import { recover, verdict } from './recovery.ts';
import { createAs, detokenizeAs, lookupAs } from './scenarios.ts';
import { ScheduledActor, SeededScheduler, type Step } from './seeded-scheduler.ts';
import type { World } from './world.ts';

export interface ScheduleResult {
  readonly violations: readonly Violation[];
  readonly steps: readonly Step[];
  readonly operations: number;
}

const ACTORS = 6;
const OPERATIONS = 40;
const CARDS = 8;
const FAULT_RATE = 0.06;

type Random = () => number;

/** Forty operations by six actors in one interleaving, then recovery and the checker. The seed decides everything. */
export async function runSchedule(world: World, seed: number): Promise<ScheduleResult> {
  await world.reset();
  const random = seededRandom(seed);
  const restoreClock = jumpingClock(random);
  const pool = Math.floor(random() * 12);
  if (pool > 0) await startProcess(world, untouched).prefetch(pool);
  const scheduler = new SeededScheduler(random, FAULT_RATE, world.deferred);
  const queue = Array.from({ length: OPERATIONS }, () => pickOperation(random));
  const violations: Violation[] = [];
  let operations = 0;

  const actor = (name: string) => async (): Promise<void> => {
    for (;;) {
      const operation = queue.shift();
      if (operation === undefined) return;
      operations += 1;
      const process = startProcess(world, new ScheduledActor(`${name}: ${operation.name}`, scheduler));
      try {
        await operation.run(process, world);
      } catch (error) {
        if (!(error instanceof Crashed) && !isOutage(error)) {
          violations.push({
            invariant: 'no surprise',
            says: `${operation.name}: ${error instanceof Error ? error.message : 'unknown'}`,
          });
        }
      }
    }
  };
  await scheduler.run(Array.from({ length: ACTORS }, (_, index) => actor(`actor ${index + 1}`)));
  violations.push(...(await verdict(world, false)));
  await recover(world, 2);
  violations.push(...(await verdict(world, true)));
  restoreClock();
  return { violations, steps: scheduler.steps, operations };
}

interface Operation {
  readonly name: string;
  readonly run: (process: ProcessUnderTest, world: World) => Promise<void>;
}

function pickOperation(random: Random): Operation {
  const number = Math.floor(random() * CARDS) + 1;
  const card = madeUpCard(number);
  const key = `key-${number}-${Math.floor(random() * 3)}`;
  const chance = random();
  if (chance < 0.3) return { name: `create card ${number}`, run: (process, world) => createAs(process, world, card) };
  if (chance < 0.55)
    return { name: `create card ${number} with ${key}`, run: (process, world) => createAs(process, world, card, key) };
  if (chance < 0.62) return { name: `look up card ${number}`, run: (process, world) => lookupAs(process, world, card) };
  if (chance < 0.7) {
    return {
      name: `look up or tokenize card ${number}`,
      run: (process, world) => lookupAs(process, world, card, true),
    };
  }
  if (chance < 0.8) {
    const which = random();
    return {
      name: 'detokenize',
      async run(process, world) {
        const given = world.answers.flatMap(({ operation, reference, status }) =>
          operation === 'create' && status < 300 && reference !== undefined ? [reference] : [],
        );
        const reference = given[Math.floor(which * given.length)];
        if (reference !== undefined) await detokenizeAs(process, world, reference);
      },
    };
  }
  if (chance < 0.88) return { name: 'prefetch', run: async (process) => void (await process.prefetch(6)) };
  if (chance < 0.94)
    return { name: 'settle', run: async (process) => void (await process.settle(random() < 0.5 ? -1 : 900)) };
  return { name: 'relay', run: async (process) => void (await process.relay()) };
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
