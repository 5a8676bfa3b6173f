import { CardNumber } from '../../lambdas/tokenization/card-number.ts';
import { madeUpCard } from '../local/made-up-cards.ts';
import { Crashed } from './fault-modes.ts';
import { PlannedFaults, untouched } from './interceptor.ts';
import { type ProcessUnderTest, startProcess } from './process-under-test.ts';
import { createAs, detokenizeAs, lookupAs } from './recorded-client.ts';
import type { World } from './world.ts';

/** One thing that the product does, from a known beginning; the client tries again as clients do. */
export interface Scenario {
  readonly name: string;
  /** Pairs in the pool before it begins, and the target that recovery fills it to. */
  readonly pool: number;
  /** Whether pairs of faults are tried on it as well. */
  readonly doubles: boolean;
  /** Whether NS1's and NS2's look-ups may name a stranger's token: where the product asks twice. See TomeWitness. */
  readonly lookupsLie?: boolean;
  readonly prepare?: (world: World) => Promise<void>;
  /** Throws Crashed when the process died; it is called again in a new process then. */
  readonly run: (process: ProcessUnderTest, world: World) => Promise<void>;
}

const CARD = madeUpCard(1);
const OTHER = madeUpCard(2);

/** The reference that was last given out. */
const lastReference = (world: World): string | undefined =>
  world.answers.findLast(({ reference }) => reference !== undefined)?.reference;

/** What a backup holds of the pool. */
const RESTORED = [
  'pair',
  'available_pair',
  'staged_pair',
  'quarantined_pair',
  'reservation',
  'outbox_event',
  'sent_event_count',
  'pool_cursor',
];

const created = async (world: World): Promise<void> => {
  await createAs(startProcess(world, untouched), world, CARD);
};

/** A card that another domain has bound at TOME: somebody whose tokens a wrong answer could name. */
async function anotherDomainsCard(world: World): Promise<void> {
  const call = { deadlineMs: Number.POSITIVE_INFINITY, lane: 'live', correlationId: 'another domain' } as const;
  const { token } = await world.tome.ns1.tokenize(CardNumber.parse(OTHER), null, call);
  await world.tome.ns2.tokenize(token, null, call);
}

/** Backups are older than what they are taken of. */
async function createdAndLost(world: World): Promise<void> {
  await created(world);
  await world.sql.unsafe(`
    SET session_replication_role = replica;
    DELETE FROM pair WHERE id IN (SELECT pair_id FROM pair_life WHERE state = 'USED'); DELETE FROM outbox_event;
    SET session_replication_role = origin;
  `);
}

/** A creation whose process dies right after it has reserved its pair. */
async function dyingCreation(world: World): Promise<void> {
  const dying = startProcess(world, new PlannedFaults(new Map([[0, 'crash-after']]), world.deferred).startProcess());
  await createAs(dying, world, OTHER).catch((error: unknown) => {
    if (!(error instanceof Crashed)) throw error;
  });
}

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
    async prepare(world) {
      await world.sql.unsafe('DROP SCHEMA IF EXISTS backup CASCADE; CREATE SCHEMA backup');
      for (const table of RESTORED) await world.sql.unsafe(`CREATE TABLE backup.${table} AS SELECT * FROM ${table}`);
      await created(world);
      await startProcess(world, untouched).relay();
      await world.sql.unsafe(`
        SET session_replication_role = replica;
        ${RESTORED.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM backup.${table};`).join('\n')}
        DELETE FROM fault_watch.edge; DELETE FROM fault_watch.station;
        INSERT INTO fault_watch.station SELECT pair_id, state, reservation_id FROM pair_life;
        SET session_replication_role = origin;
      `);
    },
    async run(process, world) {
      const reference = lastReference(world) ?? '';
      await process.fence();
      await createAs(process, world, OTHER);
      await detokenizeAs(process, world, reference);
      await lookupAs(process, world, CARD);
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
