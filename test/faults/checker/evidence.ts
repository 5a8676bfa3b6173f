import type { Sql } from '../../../lambdas/pool/database/database.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';

/** What a client received. The status is as over HTTP. */
export interface ClientAnswer {
  readonly operation: 'create' | 'lookup' | 'detokenize';
  readonly status: number;
  /** The card number that the client sent, or that detokenize answered. */
  readonly card?: string;
  readonly reference?: string;
  /** The caller's name, a space, and the key. */
  readonly idempotencyKey?: string;
  /** The code of an error. */
  readonly code?: string;
  /** What the client can read in an answer that is an error. */
  readonly text?: string;
}

/** One change of a pair's state. */
export interface EdgeTaken {
  readonly pairId: bigint;
  readonly from: string;
  readonly to: string;
  /** The reservation that held the pair, or held it last. */
  readonly holder: string | null;
  /** The reservation that made the change. */
  readonly takenBy: string | null;
  readonly adopted: boolean;
  readonly reason: string | null;
}

export interface StoredPair {
  readonly pairId: bigint;
  readonly internalToken: string;
  readonly cardReference: string;
  readonly state: string;
  readonly origin: 'prefetch' | 'direct' | 'repair';
  /** Whether NS2 has confirmed the pair. */
  readonly isConfirmed: boolean;
  /** The reservation that used the pair, or held it last. `null` after an adoption. */
  readonly reservationId: string | null;
}

/** A token without a pair: spare, or set aside. */
export interface UnpairedToken {
  readonly namespace: 'ns1' | 'ns2';
  readonly token: string;
  /** Why it was set aside; `null` if it is spare. */
  readonly because: string | null;
}

export interface StoredKey {
  /** See `claimName`. */
  readonly claim: string;
  readonly reservationId: string | null;
  /** The answer in the row of the key. */
  readonly cardReference: string | null;
}

/** A request to NS1's tokenize that may have been sent. */
export interface Dispatch {
  readonly token: string;
  /** Whether NS1 answered with the same token, with another one, or the answer is unknown. */
  readonly outcome: 'ours' | 'other' | 'unknown';
  readonly correlationId: string;
  /** The reservation that the request held. */
  readonly reservationId: string | null;
}

export interface KeyUse {
  readonly idempotencyKey: string;
  readonly card: string;
}

/** Joins the two hashes that the database stores for a key and its body. */
export const claimName = (keyHash: Uint8Array, fingerprint: Uint8Array): string =>
  `${Buffer.from(keyHash).toString('hex')} ${Buffer.from(fingerprint).toString('hex')}`;

/** What tokens must look like: lines of the profile of TOME, and the setting REFERENCE_FORMAT. */
export interface CheckedForms {
  readonly profile: Pick<TomeProfile, 'namespaces' | 'toldApart'>;
  readonly referenceFormat: 'card-networks' | 'tome';
}

/** What the checker compares: the database, TOME's ledger, the clients' answers, and the events. */
export interface Evidence {
  readonly pairs: readonly StoredPair[];
  readonly edges: readonly EdgeTaken[];
  readonly unpairedTokens: readonly UnpairedToken[];
  readonly lostCalls: readonly { readonly namespace: 'ns1' | 'ns2'; readonly requested: number }[];
  readonly outboxSize: number;
  /** The number of rows in the table of each state. */
  readonly tableSizes: {
    readonly staged: number;
    readonly available: number;
    readonly reserved: number;
    readonly quarantined: number;
  };
  readonly keys: readonly StoredKey[];
  /** The text of all tables that could hold a card number. */
  readonly tables: string;
  readonly tome: {
    readonly ns1: ReadonlyMap<string, string>;
    readonly ns2: ReadonlyMap<string, string>;
    readonly issued: { readonly ns1: readonly string[]; readonly ns2: readonly string[] };
  };
  readonly answers: readonly ClientAnswer[];
  /** Whole events: I11 reads every field of them. */
  readonly events: readonly { readonly eventId: string; readonly cardReferenceId: string }[];
  readonly disclosures: readonly { readonly cardReference: string }[];
  readonly dispatches: readonly Dispatch[];
  /** The card of each key and body that was sent, by `claimName`. */
  readonly claims: ReadonlyMap<string, string>;
  /** Each key that a client sent, with the card in its body, whether or not it got an answer. */
  readonly keyUses: readonly KeyUse[];
  /** What tokens must look like: one entry for each profile that the database has had. */
  readonly forms: readonly [CheckedForms, ...CheckedForms[]];
  /** Whether the database was set back to an earlier state, and whether the restore fence ran. */
  readonly restored: 'never' | 'fenced' | 'unfenced';
  /** The logs, metrics and files that the product and its database server wrote. */
  readonly output: string;
}

type DatabaseEvidence = Omit<
  Evidence,
  'tome' | 'answers' | 'events' | 'disclosures' | 'dispatches' | 'claims' | 'keyUses' | 'forms' | 'restored' | 'output'
>;

/**
 * Reads the database. The log of state changes (`fault_watch.edge`) exists only where a harness has
 * installed it. Without it there are no edges to check.
 */
export async function readDatabase(sql: Sql): Promise<DatabaseEvidence> {
  const [{ isWatched } = { isWatched: false }] = await sql<{ isWatched: boolean }[]>`
    SELECT to_regclass('fault_watch.edge') IS NOT NULL AS "isWatched"
  `;
  const pairs = await sql<StoredPair[]>`
    SELECT pair_id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference", state, origin,
      available_at IS NOT NULL OR origin <> 'prefetch' AS "isConfirmed", reservation_id AS "reservationId"
    FROM pair_life
  `;
  const edges = isWatched
    ? await sql<EdgeTaken[]>`
        SELECT pair_id AS "pairId", from_state AS "from", to_state AS "to", holder, taken_by AS "takenBy", adopted, reason
        FROM fault_watch.edge ORDER BY number
      `
    : [];
  const [sizes] = await sql<(Evidence['tableSizes'] & { outbox: number })[]>`
    SELECT
      (SELECT count(*) FROM staged_pair)::int AS staged,
      (SELECT count(*) FROM available_pair)::int AS available,
      (SELECT count(*) FROM reservation)::int AS reserved,
      (SELECT count(*) FROM quarantined_pair)::int AS quarantined,
      (SELECT count(*) FROM outbox_event)::int AS outbox
  `;
  if (sizes === undefined) throw new Error('A SELECT of counts must return one row.');
  const { outbox, ...tableSizes } = sizes;
  const [{ tables } = { tables: '' }] = await sql<{ tables: string }[]>`
    SELECT concat_ws(E'\n',
      (SELECT string_agg(t::text, E'\n') FROM pair t),
      (SELECT string_agg(t::text, E'\n') FROM outbox_event t),
      (SELECT string_agg(t::text, E'\n') FROM idempotency_key t),
      (SELECT string_agg(t::text, E'\n') FROM unpaired_token t),
      (SELECT string_agg(t::text, E'\n') FROM reservation t)
    ) AS tables
  `;
  return {
    pairs,
    edges,
    unpairedTokens: await sql<
      UnpairedToken[]
    >`SELECT namespace, token, rejected_because AS because FROM unpaired_token`,
    lostCalls: await sql`
      SELECT namespace, requested FROM prefetch_call WHERE stored_at IS NULL
      UNION ALL
      SELECT namespace, tokens::int FROM forgotten_token
    `,
    outboxSize: outbox,
    tableSizes,
    keys: await sql`
      SELECT concat_ws(' ', encode(key_hash, 'hex'), encode(fingerprint, 'hex')) AS claim,
        reservation_id AS "reservationId", card_reference AS "cardReference"
      FROM idempotency_key
    `,
    tables,
  };
}
