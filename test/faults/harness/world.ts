import { connect, Database, type Sql } from '../../../lambdas/pool/database/database.ts';
import { migrate } from '../../../lambdas/pool/migrate.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { DisclosureRecord } from '../../../lambdas/tokenization/ports/audit.ts';
import type { ReferenceEvent } from '../../../lambdas/tokenization/ports/event-queue.ts';
import type { Tome } from '../../../lambdas/tokenization/ports/tome.ts';
import type { Authentication } from '../../../lambdas/tome/client/authentication/authentication.ts';
import { createAuthentication } from '../../../lambdas/tome/client/authentication/create-authentication.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { TomeClient } from '../../../lambdas/tome/client/tome-client.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { seededRandom } from '../../../scripts/simulator/seeded-random.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { switchesOf } from '../../../scripts/simulator/switches.ts';
import { defaultRulesUnder, simulatorProfile } from '../../support/tome-profiles.ts';
import type { ClientAnswer, Dispatch, KeyUse } from '../checker/evidence.ts';
import { createInProcessTome } from './in-process-tome.ts';
import { LateEffects } from './late-effects.ts';
import { STATE_LOG } from './state-log.ts';

/** Everything outside the processes under test: a database, TOME, and what the harness recorded. */
export interface World {
  readonly sql: Sql;
  readonly database: Database;
  /** What the processes know of TOME. The simulator is the TOME of this profile. */
  readonly profile: TomeProfile;
  readonly simulator: Simulator;
  /** The TOME that processes use: over HTTP, unless a trial replaces it by `inProcessTome`. */
  readonly tome: Tome;
  /** The same TOME without HTTP. */
  readonly inProcessTome: Tome;
  readonly answers: ClientAnswer[];
  readonly events: ReferenceEvent[];
  readonly disclosures: DisclosureRecord[];
  /** What the product would write to its logs: reports and errors. */
  readonly output: string[];
  readonly dispatches: Dispatch[];
  /** The card of each key and body that a client sent, by the hashes that the database stores. */
  readonly claims: Map<string, string>;
  /** Each Idempotency-Key that a client sent, with the card in its body. */
  readonly keyUses: KeyUse[];
  /** How the database was set back in this run, in order. */
  readonly restores: ('fenced' | 'unfenced')[];
  readonly lateEffects: LateEffects;
  /**
   * Empties the world for the next run. The random numbers of TOME begin again with the seed, so
   * that a run does not depend on the runs before it.
   */
  reset(seed?: number): Promise<void>;
  close(): Promise<void>;
}

/** How the simulator differs from its profile at the start of each run. */
const SWITCHES = { latencyMs: 0, rateLimitScope: 'off', bulkTokenize: 'absent' } as const;

/** Triggers are off, because they refuse to delete a pair. */
const RESET = `
  SET session_replication_role = replica;
  DELETE FROM pair; DELETE FROM staged_pair; DELETE FROM available_pair; DELETE FROM quarantined_pair; DELETE FROM reservation;
  DELETE FROM outbox_event; UPDATE sent_event_count SET sent = 0; DELETE FROM idempotency_key; DELETE FROM job_lease;
  DELETE FROM prefetch_call; DELETE FROM forgotten_token; DELETE FROM unpaired_token; DELETE FROM direct_path_second; DELETE FROM refill_request;
  UPDATE outbox_cursor SET due_from = '-infinity', pair_from = 0;
  DELETE FROM pool_sample; DELETE FROM refill_run; DELETE FROM fault_watch.edge; DELETE FROM fault_watch.pair_state;
  UPDATE pool_cursor SET tail = 0, floor = 1; SELECT setval('pool_ticket', 1, false);
  SET session_replication_role = origin;
`;

export interface WorldOptions {
  readonly connections?: number;
  readonly profile?: TomeProfile;
}

/** Creates a world with its own database on a server. The path of `serverUrl` is replaced. */
export async function createWorld(
  serverUrl: string,
  seed: number,
  { connections = 24, profile = simulatorProfile }: WorldOptions = {},
): Promise<World> {
  const name = `world_${process.pid}_${seed}_${Date.now()}`;
  const admin = connect(serverUrl, { maxConnections: 1, prepare: false });
  await admin.unsafe(`CREATE DATABASE ${name}`);
  const url = serverUrl.replace(/[^/]+$/, name);
  await migrate(url, { grants: [], rules: defaultRulesUnder(profile) });
  const sql = connect(url, { maxConnections: 2, prepare: true });
  await sql.unsafe(STATE_LOG);
  const database = new Database(url, {
    maxConnections: connections,
    queryTimeoutMs: 240_000,
    attempts: 3,
    prepare: true,
  });
  const simulator = await startSimulator({ seed, profile, switches: SWITCHES });
  let random = seededRandom(seed);
  const client = new TomeClient({
    settings: {
      baseUrl: simulator.url,
      attemptTimeoutMs: 240_000,
      maxAttempts: 1,
      backoffBaseMs: 1,
      backoffCapMs: 1,
      retryRatio: 0,
      breaker: { failures: 1_000_000, openMs: 1 },
      batchCallsPerSecond: 10_000,
      liveCallsPerSecond: 0,
    },
    profile,
    authentication: authenticationAt(simulator, profile),
    clock: systemClock,
    random: Math.random,
  });
  const world: World = {
    sql,
    database,
    profile,
    simulator,
    tome: createHttpTome(client, profile),
    inProcessTome: createInProcessTome(simulator, () => random(), profile),
    answers: [],
    events: [],
    disclosures: [],
    output: [],
    dispatches: [],
    claims: new Map(),
    keyUses: [],
    restores: [],
    lateEffects: new LateEffects(),
    async reset(runSeed = seed) {
      await sql.unsafe(RESET);
      await sql.unsafe('DROP SCHEMA IF EXISTS backup CASCADE');
      simulator.wipe(runSeed);
      random = seededRandom(runSeed);
      simulator.faults.clear();
      simulator.turn({ ...switchesOf(profile), ...SWITCHES });
      const lists = [
        world.answers,
        world.events,
        world.disclosures,
        world.output,
        world.dispatches,
        world.keyUses,
        world.restores,
      ];
      for (const list of lists) list.length = 0;
      world.claims.clear();
    },
    async close() {
      await simulator.close();
      await database.close();
      await sql.end({ timeout: 1 });
      await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end({ timeout: 1 });
    },
  };
  return world;
}

/** How the processes authenticate at the simulator, as the profile says. */
function authenticationAt({ url, clientSettings }: Simulator, profile: TomeProfile): Authentication {
  const text = clientSettings['TOME_CREDENTIAL'];
  return createAuthentication({
    profile,
    baseUrl: url,
    credential: text === undefined ? null : { text, read: async () => text, onUnreadable: () => undefined },
    signingCredentials: () => ({ accessKeyId: 'local', secretAccessKey: 'local' }),
    time: { ...systemClock, dateMs: Date.now },
    random: Math.random,
    onTokenRequest: () => undefined,
  });
}
