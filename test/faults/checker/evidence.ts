import type { Sql } from '../../../lambdas/pool/database/database.ts';

/** What a client was told. Statuses as over HTTP; `reference` and `card` where an answer held them. */
export interface Answered {
  readonly operation: 'create' | 'lookup' | 'detokenize';
  readonly status: number;
  /** The card number that the client sent, or got from detokenize. */
  readonly card?: string;
  readonly reference?: string;
  /** With the caller's name before it. */
  readonly idempotencyKey?: string;
  /** An error's code. */
  readonly code?: string;
}

export interface EdgeTaken {
  readonly pairId: bigint;
  readonly from: string;
  readonly to: string;
  readonly reservationId: string | null;
  /** Whose reservation took this edge. */
  readonly settledBy: string | null;
  readonly adopted: boolean;
  readonly reason: string | null;
}

export interface StoredRow {
  readonly pairId: bigint;
  readonly internalToken: string;
  readonly cardReference: string;
  readonly state: string;
  readonly wasMapped: boolean;
  /** The reservation that used the pair, or that held it last; none when a read adopted it. */
  readonly reservationId: string | null;
}

export interface StoredKey {
  /** See claimName. */
  readonly claim: string;
  readonly reservationId: string | null;
  /** The answer that the key's row holds. */
  readonly cardReference: string | null;
}

/** A key and its body as one text, made of the two hashes that the database keeps. */
export const claimName = (keyHash: Uint8Array, fingerprint: Uint8Array): string =>
  `${Buffer.from(keyHash).toString('hex')} ${Buffer.from(fingerprint).toString('hex')}`;

/** Everything that the checker judges by: four witnesses that do not know each other. */
export interface Evidence {
  readonly rows: readonly StoredRow[];
  readonly edges: readonly EdgeTaken[];
  readonly unpairedTokens: ReadonlySet<string>;
  readonly lostCalls: readonly { readonly namespace: 'ns1' | 'ns2'; readonly requested: number }[];
  readonly outboxSize: number;
  readonly shelves: {
    readonly staged: number;
    readonly available: number;
    readonly reserved: number;
    readonly quarantined: number;
  };
  readonly keys: readonly StoredKey[];
  /** All texts of all tables, for the search for card numbers. */
  readonly tables: string;
  readonly tome: {
    readonly ns1: ReadonlyMap<string, string>;
    readonly ns2: ReadonlyMap<string, string>;
    readonly issued: { readonly ns1: readonly string[]; readonly ns2: readonly string[] };
  };
  readonly answers: readonly Answered[];
  readonly events: readonly { readonly eventId: string; readonly cardReferenceId: string }[];
  readonly disclosures: readonly { readonly cardReference: string }[];
  readonly dispatches: readonly {
    readonly token: string;
    readonly verdict: 'ours' | 'other' | 'unknown';
    readonly correlationId: string;
    /** The reservation in whose name it was sent. */
    readonly reservationId: string | null;
  }[];
  /** The card of each key and body that was sent, as far as the harness knows it. */
  readonly claims: ReadonlyMap<string, string>;
  /** Each key with a body that its caller sent, whether the request was answered or not. */
  readonly keyed: readonly { readonly idempotencyKey: string; readonly card: string }[];
  /** Whether the database was set back to an earlier state, with the restore fence or without. */
  readonly restored: 'never' | 'fenced' | 'unfenced';
  /** Whatever the product wrote elsewhere: logs, metrics. */
  readonly output: string;
}

type DatabaseEvidence = Omit<
  Evidence,
  'tome' | 'answers' | 'events' | 'disclosures' | 'dispatches' | 'claims' | 'keyed' | 'restored' | 'output'
>;

/** The database's testimony. `fault_watch.edge` is there only where a harness watches; without it no edge can be judged. */
export async function readDatabase(sql: Sql): Promise<DatabaseEvidence> {
  const [{ watched } = { watched: false }] = await sql<{ watched: boolean }[]>`
    SELECT to_regclass('fault_watch.edge') IS NOT NULL AS watched
  `;
  const rows = await sql<StoredRow[]>`
    SELECT pair_id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference", state,
      available_at IS NOT NULL OR origin <> 'prefetch' AS "wasMapped", reservation_id AS "reservationId"
    FROM pair_life
  `;
  const edges = watched
    ? await sql<EdgeTaken[]>`
        SELECT pair_id AS "pairId", from_state AS "from", to_state AS "to", reservation_id AS "reservationId", settled_by AS "settledBy",
          adopted, reason
        FROM fault_watch.edge ORDER BY number
      `
    : [];
  const unpaired = await sql<{ token: string }[]>`SELECT token FROM unpaired_token`;
  const [level] = await sql<(Evidence['shelves'] & { outbox: number })[]>`
    SELECT
      (SELECT count(*) FROM staged_pair)::int AS staged,
      (SELECT count(*) FROM available_pair)::int AS available,
      (SELECT count(*) FROM reservation)::int AS reserved,
      (SELECT count(*) FROM quarantined_pair)::int AS quarantined,
      (SELECT count(*) FROM outbox_event)::int AS outbox
  `;
  if (level === undefined) throw new Error('Counting always gives one row.');
  const { outbox, ...shelves } = level;
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
    rows,
    edges,
    unpairedTokens: new Set(unpaired.map(({ token }) => token)),
    lostCalls: await sql`
      SELECT namespace, requested FROM prefetch_call WHERE stored_at IS NULL
      UNION ALL
      SELECT namespace, tokens::int FROM forgotten_token
    `,
    outboxSize: outbox,
    shelves,
    keys: await sql`
      SELECT concat_ws(' ', encode(key_hash, 'hex'), encode(fingerprint, 'hex')) AS claim,
        reservation_id AS "reservationId", card_reference AS "cardReference"
      FROM idempotency_key
    `,
    tables,
  };
}
