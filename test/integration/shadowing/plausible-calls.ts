import { randomUUID } from 'node:crypto';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import { fillPool, newPair } from '../fill-pool.ts';
import type { TestDatabase } from '../test-database.ts';

interface Subject {
  readonly token: string;
  readonly reference: string;
  readonly pairId: bigint;
  readonly reservationId: string;
}

interface Situation {
  readonly fencing: bigint;
  /** One pair in each state, and one that is not stored. */
  readonly subjects: readonly Subject[];
}

/** Fills the pool with a pair in every state. */
export async function fillSituation({ sql, database }: TestDatabase): Promise<Situation> {
  await fillPool(database, 12);
  const reserve = async (): Promise<string> => {
    const id = randomUUID();
    await sql`SELECT reserve(${id})`;
    return id;
  };
  const held = await reserve();
  const stale = await reserve();
  const closed = await reserve();
  const open = await reserve();
  const pairOf = async (id: string): Promise<bigint> => {
    const [row] = await sql<{ id: bigint }[]>`SELECT pair_id AS id FROM reservation WHERE id = ${id}`;
    return row?.id ?? 0n;
  };
  await sql`SELECT quarantine_reservation(${stale}, ${await pairOf(stale)}, 'stale-reservation')`;
  const closedPair = await pairOf(closed);
  await sql`SELECT mark_used(${closed}, ${closedPair})`;
  await sql`SELECT close_events(ARRAY[${closedPair}::bigint])`;
  await sql`SELECT mark_used(${open}, ${await pairOf(open)})`;
  const staged = newPair();
  await sql`
    WITH entered AS (
      INSERT INTO pair (internal_token, card_reference) VALUES (${staged.internalToken}, ${staged.cardReference}) RETURNING id
    )
    INSERT INTO staged_pair (pair_id) SELECT id FROM entered
  `;
  const absent = newPair();
  await sql`UPDATE job_lease SET expires_at = now() - interval '1 day'`;
  const [lease] = await sql<{ fencing: bigint }[]>`SELECT acquire_lease('prefetch', 'attack', 3600) AS fencing`;
  await sql`
    INSERT INTO idempotency_key (key_hash, fingerprint, reservation_id, pair_id, held_until, expires_at)
    SELECT '\\x01', '\\x02', ${held}::uuid, ${await pairOf(held)}::bigint, now() - interval '1 second', now() + interval '1 day'
  `;
  await sql`INSERT INTO unpaired_token (namespace, token) VALUES ('ns1', 'spare_token_of_the_first_namespace')`;
  await sql`INSERT INTO refill_request DEFAULT VALUES`;
  await sql`SELECT note_refill(10, 5)`;
  const stored = await sql<Subject[]>`
    SELECT DISTINCT ON (state, available_at IS NULL, reason) internal_token AS token, card_reference AS reference, pair_id AS "pairId",
      coalesce(reservation_id, gen_random_uuid())::text AS "reservationId"
    FROM pair_life
    ORDER BY state, available_at IS NULL, reason, pair_id
  `;
  return {
    fencing: lease?.fencing ?? 0n,
    subjects: [
      ...stored,
      { token: absent.internalToken, reference: absent.cardReference, pairId: 0n, reservationId: randomUUID() },
    ],
  };
}

/** Calls of each function of the pool, one for each pair, with arguments that let its body run. */
export async function plausibleCalls(sql: Sql, { fencing, subjects }: Situation): Promise<string[]> {
  const functions = await sql<{ name: string; names: string[]; types: string[] }[]>`
    SELECT proname AS name,
      to_json(coalesce(proargnames[1:pronargs], '{}')) AS names,
      to_json(ARRAY(SELECT format_type(type, NULL) FROM unnest(proargtypes) WITH ORDINALITY AS given (type, place) ORDER BY place)) AS types
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prosecdef
  `;
  return functions.flatMap(({ name, names, types }) =>
    subjects.map((subject, turn) => {
      const values = types.map((type, index) => argument(names[index] ?? '', type, subject, fencing, turn));
      return `SELECT public.${name}(${values.join(', ')})`;
    }),
  );
}

/** Values for the parameters `p_kind`: kinds of budgets and of purges. */
const KINDS = [
  'lookup-miss',
  'expired-tokens',
  'detokenize-refusal',
  'idempotency-keys',
  'unanswered-calls',
  'rejected-tokens',
];

function argument(name: string, type: string, subject: Subject, fencing: bigint, turn: number): string {
  const value = ((): string => {
    if (/reservation_id/.test(name)) return subject.reservationId;
    if (/pair_ids/.test(name)) return `{${subject.pairId}}`;
    if (/pair_id/.test(name)) return String(subject.pairId);
    if (/fencing/.test(name)) return String(fencing);
    if (/key_hash/.test(name)) return turn % 2 === 0 ? '\\x01' : '\\x07';
    if (/fingerprint/.test(name)) return '\\x02';
    if (/internal_tokens/.test(name)) return '{fresh_token_for_the_attack_1,fresh_token_for_the_attack_2}';
    if (/references/.test(name)) return '{9100000000000001,9100000000000002}';
    if (/expir.*ies/.test(name)) return '{NULL,NULL}';
    if (/\[\]$/.test(type)) return '{}';
    if (/internal_token|token/.test(name)) return subject.token;
    if (/reference/.test(name)) return subject.reference;
    if (/namespace/.test(name)) return 'ns1';
    if (/job/.test(name)) return 'prefetch';
    if (/origin/.test(name)) return 'repair';
    if (/kind/.test(name)) return KINDS[turn % KINDS.length] ?? '';
    if (/reason/.test(name)) return 'not-dispatched';
    if (/horizon/.test(name)) return '-1';
    if (/^p_kind$/.test(name)) return turn % 2 === 0 ? 'idempotency-keys' : 'lookup-miss';
    if (/table/.test(name)) return 'public.pair';
    if (/\[\]$/.test(type)) return '{}';
    if (type === 'uuid') return subject.reservationId;
    if (type === 'boolean') return 'true';
    if (type === 'bytea') return '\\x03';
    if (/^timestamp/.test(type)) return '2030-01-01';
    if (/^(int|big|small|double|real|numeric)/.test(type)) return '5';
    return 'attack';
  })();
  const schema = /^(bigint|integer|boolean|double|timestamp)/.test(type) ? '' : 'pg_catalog.';
  return `'${value}'::${schema}${type}`;
}
