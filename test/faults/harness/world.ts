import { connect, Database, type Sql } from '../../../lambdas/pool/database/database.ts';
import { migrate } from '../../../lambdas/pool/migrate.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { DisclosureRecord } from '../../../lambdas/tokenization/ports/audit.ts';
import type { CardCreatedEvent } from '../../../lambdas/tokenization/ports/event-queue.ts';
import type { Tome } from '../../../lambdas/tokenization/ports/tome.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { TomeClient } from '../../../lambdas/tome/client/tome-client.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import type { Answered } from '../checker/evidence.ts';
import { createWirelessTome } from './in-process-tome.ts';
import type { Dispatch } from './intercepted-ports.ts';
import { Deferred } from './interceptor.ts';

/** Everything outside the processes under test: a real database, TOME, and what was seen from outside. */
export interface World {
  readonly sql: Sql;
  readonly database: Database;
  readonly simulator: Simulator;
  readonly tome: Tome;
  /** The same TOME without the wire. */
  readonly wirelessTome: Tome;
  readonly answers: Answered[];
  readonly events: CardCreatedEvent[];
  readonly disclosures: DisclosureRecord[];
  readonly dispatches: Dispatch[];
  /** The card of each key and body that a client sent, by the hashes that the database keeps. */
  readonly claims: Map<string, string>;
  /** Each key with a body that a client sent. */
  readonly keyed: { readonly idempotencyKey: string; readonly card: string }[];
  /** How the database was set back in this run, in order. */
  readonly restores: ('fenced' | 'unfenced')[];
  readonly deferred: Deferred;
  /** Empty again, for the next run. TOME's chance begins anew with the seed, so that a run does not depend on those before it. */
  reset(seed?: number): Promise<void>;
  close(): Promise<void>;
}

/** Watches the edges from outside the product: what the trigger lets pass is written down, not judged. */
const WATCH_EDGES = `
  CREATE SCHEMA fault_watch;
  CREATE TABLE fault_watch.edge (
    number bigint GENERATED ALWAYS AS IDENTITY,
    pair_id bigint,
    from_state text,
    to_state text,
    reservation_id uuid,
    settled_by uuid,
    adopted boolean,
    reason text,
    at timestamptz DEFAULT clock_timestamp()
  );
  -- Where each pair stands by what was seen so far, and in whose hand it is or was last.
  CREATE TABLE fault_watch.station (pair_id bigint PRIMARY KEY, state text, holder uuid);
  CREATE FUNCTION fault_watch.note(p_pair_id bigint, p_to text, p_holder uuid, p_settled_by uuid, p_adopted boolean, p_reason text)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
  DECLARE
    former fault_watch.station;
  BEGIN
    SELECT * INTO former FROM fault_watch.station WHERE pair_id = p_pair_id;
    INSERT INTO fault_watch.edge (pair_id, from_state, to_state, reservation_id, settled_by, adopted, reason)
      VALUES (p_pair_id, coalesce(former.state, 'none'), p_to, former.holder, p_settled_by, p_adopted, p_reason);
    INSERT INTO fault_watch.station VALUES (p_pair_id, p_to, p_holder)
      ON CONFLICT (pair_id) DO UPDATE
        SET state = p_to, holder = CASE WHEN p_to = 'AVAILABLE' THEN NULL ELSE coalesce(p_holder, station.holder) END;
  END $$;
  CREATE FUNCTION fault_watch.note_pair() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    -- A pooled pair's station is told by its shelf, and the relay files what is used already.
    IF NEW.state <> 'POOLED' AND NOT (
      TG_OP = 'UPDATE' AND NEW.state = 'USED' AND NEW.adopted_at IS NULL
      AND EXISTS (
        SELECT FROM fault_watch.station
        WHERE pair_id = NEW.id AND state = 'USED' AND holder IS NOT DISTINCT FROM NEW.reservation_id
      )
    ) THEN
      PERFORM fault_watch.note(NEW.id, NEW.state::text, NULL, NEW.reservation_id, NEW.adopted_at IS NOT NULL, NEW.reason);
    END IF;
    RETURN NULL;
  END $$;
  CREATE FUNCTION fault_watch.note_offer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    PERFORM fault_watch.note(id, 'AVAILABLE', NULL, released_by, false, reason) FROM pair WHERE id = NEW.pair_id;
    RETURN NULL;
  END $$;
  CREATE FUNCTION fault_watch.note_reservation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    PERFORM fault_watch.note(NEW.pair_id, 'RESERVED', NEW.id, NEW.id, false, NULL);
    RETURN NULL;
  END $$;
  CREATE FUNCTION fault_watch.note_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    -- Where the registry was told at once, the pair's own row has said it.
    IF EXISTS (SELECT FROM pair WHERE id = NEW.pair_id AND state <> 'USED') THEN
      PERFORM fault_watch.note(NEW.pair_id, 'USED', NULL, NEW.reservation_id, false, NULL);
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER zz_watch_entry AFTER INSERT ON pair FOR EACH ROW EXECUTE FUNCTION fault_watch.note_pair();
  CREATE TRIGGER zz_watch_state AFTER UPDATE OF state ON pair FOR EACH ROW EXECUTE FUNCTION fault_watch.note_pair();
  CREATE TRIGGER zz_watch_offer AFTER INSERT ON available_pair FOR EACH ROW EXECUTE FUNCTION fault_watch.note_offer();
  CREATE TRIGGER zz_watch_reservation AFTER INSERT ON reservation FOR EACH ROW EXECUTE FUNCTION fault_watch.note_reservation();
  CREATE TRIGGER zz_watch_event AFTER INSERT ON outbox_event FOR EACH ROW EXECUTE FUNCTION fault_watch.note_event();
`;

/** Triggers are off for it: pairs are never deleted otherwise. */
const RESET = `
  SET session_replication_role = replica;
  DELETE FROM pair; DELETE FROM staged_pair; DELETE FROM available_pair; DELETE FROM quarantined_pair; DELETE FROM reservation;
  DELETE FROM outbox_event; UPDATE sent_event_count SET sent = 0; DELETE FROM idempotency_key; DELETE FROM job_lease;
  DELETE FROM prefetch_call; DELETE FROM forgotten_token; DELETE FROM unpaired_token; DELETE FROM direct_path_second; DELETE FROM refill_request;
  UPDATE outbox_cursor SET due_from = '-infinity', pair_from = 0;
  DELETE FROM pool_sample; DELETE FROM refill_run; DELETE FROM fault_watch.edge; DELETE FROM fault_watch.station;
  UPDATE pool_cursor SET tail = 0, floor = 1; SELECT setval('pool_ticket', 1, false);
  SET session_replication_role = origin;
`;

/** A world over an empty database of its own on the server of `serverUrl` (which ends in its maintenance database). */
export async function createWorld(serverUrl: string, seed: number, connections = 24): Promise<World> {
  const name = `world_${process.pid}_${seed}_${Date.now()}`;
  const admin = connect(serverUrl, { maxConnections: 1, prepare: false });
  await admin.unsafe(`CREATE DATABASE ${name}`);
  const url = serverUrl.replace(/[^/]+$/, name);
  await migrate(url, { grants: [] });
  const sql = connect(url, { maxConnections: 2, prepare: true });
  await sql.unsafe(WATCH_EDGES);
  const database = new Database(url, {
    maxConnections: connections,
    queryTimeoutMs: 240_000,
    attempts: 3,
    prepare: true,
  });
  const simulator = await startSimulator({ seed, switches: { latencyMs: 0, rateLimitScope: 'off' } });
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
    clock: systemClock,
    random: Math.random,
  });
  const world: World = {
    sql,
    database,
    simulator,
    tome: createHttpTome(client),
    wirelessTome: createWirelessTome(simulator),
    answers: [],
    events: [],
    disclosures: [],
    dispatches: [],
    claims: new Map(),
    keyed: [],
    restores: [],
    deferred: new Deferred(),
    async reset(runSeed = seed) {
      await sql.unsafe(RESET);
      await sql.unsafe('DROP SCHEMA IF EXISTS backup CASCADE');
      simulator.wipe(runSeed);
      simulator.faults.clear();
      simulator.turn({ alreadyBound: 'echo', bulkTokenize: 'absent' });
      const lists = [world.answers, world.events, world.disclosures, world.dispatches, world.keyed, world.restores];
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
