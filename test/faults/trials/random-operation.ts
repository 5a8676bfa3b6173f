import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import type { ProcessUnderTest } from '../harness/process-under-test.ts';
import { createAs, detokenizeAs, lookupAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';

type Random = () => number;

export interface Demand {
  readonly cards: number;
  /** Pairs that a prefetch fills the pool to. */
  readonly poolTarget: number;
}

const SMALL: Demand = { cards: 8, poolTarget: 6 };

export interface Operation {
  readonly name: string;
  readonly run: (process: ProcessUnderTest, world: World) => Promise<void>;
}

/** What somebody might want just now: mostly creations, of few cards, so that they meet. */
export function pickOperation(random: Random, { cards, poolTarget } = SMALL): Operation {
  const number = Math.floor(random() * cards) + 1;
  const card = madeUpCard(number);
  const key = `key-${number}-${Math.floor(random() * 3)}`;
  const chance = random();
  if (chance < 0.3) return { name: `create card ${number}`, run: (process, world) => createAs(process, world, card) };
  if (chance < 0.55)
    return {
      name: `create card ${number} with ${key}`,
      // The second caller uses the first one's keys for other cards.
      run: (process, world) =>
        createAs(process, world, process.caller === 'first' ? card : madeUpCard((number % cards) + 1), key),
    };
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
  if (chance < 0.88) {
    const inBulk = random() < 0.5;
    return { name: 'prefetch', run: async (process) => void (await process.prefetch(poolTarget, inBulk)) };
  }
  if (chance < 0.94)
    return { name: 'settle', run: async (process) => void (await process.settle(random() < 0.5 ? -1 : 900)) };
  return { name: 'relay', run: async (process) => void (await process.relay()) };
}
