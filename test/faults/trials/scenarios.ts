import type { ProcessUnderTest } from '../harness/process-under-test.ts';
import { createAs, detokenizeAs, lookupAs } from '../harness/recorded-client.ts';
import type { World } from '../harness/world.ts';
import {
  anotherDomainsCard,
  boundAndLost,
  CARD,
  contradictedPair,
  created,
  createdAndLost,
  dyingCreation,
  OPEN_KEY,
  OTHER,
  restoredBackup,
  restoredWithOpenKey,
  tokenHandedOutTwice,
} from './initial-states.ts';

/** One thing that the product does, from a known beginning; the client tries again as clients do. */
export interface Scenario {
  readonly name: string;
  /** Pairs in the pool before it begins, and the target that recovery fills it to. */
  readonly pool: number;
  /** Whether pairs of faults are tried on it as well. */
  readonly doubles: boolean;
  /** Whether NS1's and NS2's look-ups may name a stranger's token: where the product asks twice. See TomeWitness. */
  readonly lookupsLie?: boolean;
  /** Whether requests fail though no fault is planned, because of what it begins with. */
  readonly failsAtFirst?: boolean;
  readonly prepare?: (world: World) => Promise<void>;
  /** Throws Crashed when the process died; it is called again in a new process then. */
  readonly run: (process: ProcessUnderTest, world: World) => Promise<void>;
}

/** The reference that was last given out. */
const lastReference = (world: World): string | undefined =>
  world.answers.findLast(({ reference }) => reference !== undefined)?.reference;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'create',
    pool: 3,
    doubles: true,
    lookupsLie: true,
    prepare: anotherDomainsCard,
    run: (process, world) => createAs(process, world, CARD),
  },
  {
    name: 'create with a key',
    pool: 3,
    doubles: true,
    lookupsLie: true,
    prepare: anotherDomainsCard,
    run: (process, world) => createAs(process, world, CARD, 'key-1'),
  },
  {
    name: 'create of a card that has a reference',
    pool: 3,
    doubles: true,
    lookupsLie: true,
    async prepare(world) {
      await anotherDomainsCard(world);
      await created(world);
    },
    run: (process, world) => createAs(process, world, CARD, 'key-2'),
  },
  {
    name: 'create on an empty pool',
    pool: 0,
    doubles: true,
    lookupsLie: true,
    prepare: anotherDomainsCard,
    run: (process, world) => createAs(process, world, CARD, 'key-3'),
  },
  {
    name: 'create of two cards on one pair',
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
    name: 'lookup of a pair that the database has lost',
    pool: 3,
    doubles: false,
    prepare: createdAndLost,
    run: (process, world) => lookupAs(process, world, CARD),
  },
  {
    name: 'detokenize of a pair that the database has lost',
    pool: 3,
    doubles: false,
    prepare: createdAndLost,
    run: async (process, world) => detokenizeAs(process, world, lastReference(world) ?? ''),
  },
  { name: 'prefetch', pool: 0, doubles: true, run: async (process) => void (await process.prefetch(4)) },
  {
    name: 'prefetch in bulk',
    pool: 0,
    doubles: true,
    prepare: async (world) => void world.simulator.turn({ bulkTokenize: 'present' }),
    run: async (process) => void (await process.prefetch(4, true)),
  },
  {
    name: 'prefetch over a pair that NS2 contradicts',
    pool: 0,
    doubles: false,
    prepare: contradictedPair,
    run: async (process) => void (await process.prefetch(2)),
  },
  {
    name: 'prefetch in bulk over a pair that NS2 contradicts',
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
    name: 'work on after a restore from backup',
    // One pair, so that whoever is offered what was given out before is offered this one.
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
    name: 'a key comes back after its pair was used for another card',
    // The pool's only pair has the token that was handed out twice.
    pool: 0,
    doubles: false,
    failsAtFirst: true,
    prepare: tokenHandedOutTwice,
    async run(process, world) {
      await createAs(process, world, OTHER, OPEN_KEY);
      await process.prefetch(2);
      await lookupAs(process, world, CARD);
      await createAs(process, world, OTHER, OPEN_KEY);
    },
  },
  {
    name: 'a key comes back after a read adopted its pair',
    pool: 3,
    doubles: false,
    prepare: boundAndLost,
    async run(process, world) {
      await lookupAs(process, world, OTHER);
      await createAs(process, world, OTHER, OPEN_KEY);
      await createAs(process, world, CARD);
    },
  },
  {
    name: 'an open key comes back after a restore and the fence',
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
    name: 'an open key comes back after a late replica was promoted without the fence',
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
      await dyingCreation(world);
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
