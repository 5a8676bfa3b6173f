import type { Random } from '../../../lambdas/tokenization/ports/clock.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import type { ProcessUnderTest } from '../harness/process-under-test.ts';
import { createAs, detokenizeAs, lookupAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';

export interface Workload {
  /** How many different cards there are. Few, so that concurrent requests use the same card. */
  readonly cards: number;
  /** The target to which a prefetch fills the pool. */
  readonly poolTarget: number;
}

const SMALL: Workload = { cards: 8, poolTarget: 6 };

export interface TrialOperation {
  readonly name: string;
  /** Whether it is a creation, which survives wrong lookups. See `TomeInterception`. */
  readonly isCreation?: boolean;
  readonly run: (process: ProcessUnderTest, world: World) => Promise<void>;
}

/** Draws a request or a job. More than half are creations. */
export function randomOperation(random: Random, { cards, poolTarget } = SMALL): TrialOperation {
  const number = Math.floor(random() * cards) + 1;
  const card = madeUpCard(number);
  const key = `key-${number}-${Math.floor(random() * 3)}`;
  const chance = random();
  if (chance < 0.3) {
    return {
      name: `create card ${number}`,
      isCreation: true,
      run: (process, world) => createAs(process, world, card),
    };
  }
  if (chance < 0.55) {
    return {
      name: `create card ${number} with ${key}`,
      isCreation: true,
      // The second caller uses the keys of the first one for other cards.
      run: (process, world) =>
        createAs(process, world, process.caller === 'first' ? card : madeUpCard((number % cards) + 1), key),
    };
  }
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
        const returned = world.answers.flatMap(({ operation, reference, status }) =>
          operation === 'create' && status < 300 && reference !== undefined ? [reference] : [],
        );
        const reference = returned[Math.floor(which * returned.length)];
        if (reference !== undefined) await detokenizeAs(process, world, reference);
      },
    };
  }
  if (chance < 0.88) {
    const inBulk = random() < 0.5;
    return { name: 'prefetch', run: async (process) => void (await process.prefetch(poolTarget, inBulk)) };
  }
  if (chance < 0.94)
    return { name: 'settle', run: async (process) => void (await process.settle(random() < 0.5 ? -1 : 900)) };
  return { name: 'relay', run: async (process) => void (await process.relay()) };
}
