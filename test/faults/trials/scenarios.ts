import type { ProcessUnderTest } from '../harness/process-under-test.ts';
import { createAs, detokenizeAs, lookupAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';
import {
  CARD,
  cardOfAnotherDomain,
  contradictedPair,
  crashedAfterBinding,
  crashedAfterReserving,
  created,
  createdAndNotStored,
  OPEN_KEY,
  OTHER,
  restoredBackup,
  restoredWithOpenKey,
  tokenIssuedTwice,
} from './initial-states.ts';

/** One use of the product from a known initial state. The client tries again, as clients do. */
export interface Scenario {
  readonly name: string;
  /** Pairs in the pool at the beginning, and the target to which recovery fills it. */
  readonly pool: number;
  /** Whether --exhaustive tries every ordered pair of faults. */
  readonly doubles: boolean;
  /** See `TomeInterception`. */
  readonly lookupsMayBeWrong?: boolean;
  /** Whether requests fail without a planned fault, because of the initial state. */
  readonly failsAtFirst?: boolean;
  readonly prepare?: (world: World) => Promise<void>;
  /** Throws Crashed when the process crashed. Then it is called again with a new process. */
  readonly run: (process: ProcessUnderTest, world: World) => Promise<void>;
}

/** The last reference that was returned. */
const lastReference = (world: World): string | undefined =>
  world.answers.findLast(({ reference }) => reference !== undefined)?.reference;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'create',
    pool: 3,
    doubles: true,
    lookupsMayBeWrong: true,
    prepare: cardOfAnotherDomain,
    run: (process, world) => createAs(process, world, CARD),
  },
  {
    name: 'create with a key',
    pool: 3,
    doubles: true,
    lookupsMayBeWrong: true,
    prepare: cardOfAnotherDomain,
    run: (process, world) => createAs(process, world, CARD, 'key-1'),
  },
  {
    name: 'create of a card that has a reference',
    pool: 3,
    doubles: true,
    lookupsMayBeWrong: true,
    async prepare(world) {
      await cardOfAnotherDomain(world);
      await created(world);
    },
    run: (process, world) => createAs(process, world, CARD, 'key-2'),
  },
  {
    name: 'create with an empty pool',
    pool: 0,
    doubles: true,
    lookupsMayBeWrong: true,
    prepare: cardOfAnotherDomain,
    run: (process, world) => createAs(process, world, CARD, 'key-3'),
  },
  {
    name: 'create of two cards with one pair in the pool',
    pool: 1,
    doubles: false,
    async run(process, world) {
      await createAs(process, world, OTHER);
      await createAs(process, world, CARD, 'key-4');
    },
  },
  {
    name: 'lookup or tokenize',
    pool: 3,
    doubles: false,
    run: (process, world) => lookupAs(process, world, CARD, true),
  },
  {
    name: 'lookup or tokenize of a card that has a reference',
    pool: 3,
    doubles: false,
    prepare: created,
    run: (process, world) => lookupAs(process, world, CARD, true),
  },
  {
    name: 'lookup',
    pool: 3,
    doubles: false,
    prepare: created,
    run: (process, world) => lookupAs(process, world, CARD),
  },
  {
    name: 'detokenize',
    pool: 3,
    doubles: false,
    prepare: created,
    run: async (process, world) => detokenizeAs(process, world, lastReference(world) ?? ''),
  },
  {
    name: 'lookup of a card whose pair is not stored',
    pool: 3,
    doubles: false,
    prepare: createdAndNotStored,
    run: (process, world) => lookupAs(process, world, CARD),
  },
  {
    name: 'detokenize of a reference whose pair is not stored',
    pool: 3,
    doubles: false,
    prepare: createdAndNotStored,
    run: async (process, world) => detokenizeAs(process, world, lastReference(world) ?? ''),
  },
  { name: 'prefetch', pool: 0, doubles: true, run: async (process) => void (await process.prefetch(4)) },
  {
    name: 'prefetch with bulk tokenize',
    pool: 0,
    doubles: true,
    prepare: async (world) => void world.simulator.turn({ bulkTokenize: 'present' }),
    run: async (process) => void (await process.prefetch(4, true)),
  },
  {
    name: 'prefetch with a staged pair that NS2 contradicts',
    pool: 0,
    doubles: false,
    prepare: contradictedPair,
    run: async (process) => void (await process.prefetch(2)),
  },
  {
    name: 'prefetch with bulk tokenize and a staged pair that NS2 contradicts',
    pool: 0,
    doubles: false,
    async prepare(world) {
      world.simulator.turn({ bulkTokenize: 'present' });
      await contradictedPair(world);
    },
    run: async (process) => void (await process.prefetch(2, true)),
  },
  {
    name: 'one key for two cards',
    pool: 3,
    doubles: false,
    async run(process, world) {
      await createAs(process, world, CARD, 'key-5');
      await createAs(process, world, OTHER, 'key-5');
    },
  },
  {
    name: 'requests after a restore and the fence',
    // The only pair is used after the backup. Without the fence a creation would reserve it again.
    pool: 1,
    doubles: false,
    prepare: restoredBackup,
    async run(process, world) {
      const reference = lastReference(world) ?? '';
      await process.fence();
      await createAs(process, world, OTHER);
      await detokenizeAs(process, world, reference);
      await lookupAs(process, world, CARD);
    },
  },
  {
    name: 'retry with a key whose pair was used for another card',
    // The initial state adds one pair, whose token NS1 has issued twice.
    pool: 0,
    doubles: false,
    failsAtFirst: true,
    prepare: tokenIssuedTwice,
    async run(process, world) {
      await createAs(process, world, OTHER, OPEN_KEY);
      await process.prefetch(2);
      await lookupAs(process, world, CARD);
      await createAs(process, world, OTHER, OPEN_KEY);
    },
  },
  {
    name: 'retry with a key whose pair was adopted by a read',
    pool: 3,
    doubles: false,
    prepare: crashedAfterBinding,
    async run(process, world) {
      await lookupAs(process, world, OTHER);
      await createAs(process, world, OTHER, OPEN_KEY);
      await createAs(process, world, CARD);
    },
  },
  {
    name: 'retry with an open key after a restore and the fence',
    pool: 1,
    doubles: false,
    prepare: restoredWithOpenKey,
    async run(process, world) {
      await process.fence();
      world.restores.push('fenced');
      await lookupAs(process, world, CARD);
      await createAs(process, world, OTHER, OPEN_KEY);
    },
  },
  {
    name: 'retry with an open key after a late replica was promoted without the fence',
    pool: 1,
    doubles: false,
    failsAtFirst: true,
    async prepare(world) {
      await restoredWithOpenKey(world);
      world.restores.push('unfenced');
    },
    async run(process, world) {
      await createAs(process, world, OTHER, OPEN_KEY);
      await lookupAs(process, world, CARD);
      await createAs(process, world, OTHER, OPEN_KEY);
    },
  },
  {
    name: 'settle and relay',
    pool: 3,
    doubles: false,
    async prepare(world) {
      await created(world);
      await crashedAfterReserving(world);
      await world.sql.unsafe(`
        SET session_replication_role = replica;
        UPDATE available_pair SET expires_at = now() - interval '1 second';
        SET session_replication_role = origin;
      `);
    },
    async run(process) {
      await process.settle(-1);
      await process.relay();
    },
  },
];
