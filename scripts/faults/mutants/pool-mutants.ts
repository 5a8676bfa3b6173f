import { edit, type Mutant, WITHOUT_TRIGGER } from './mutant.ts';

const PAIR_LIFE = 'lambdas/pool/migrations/001.do.pair-life.sql';
const SETTLE = 'lambdas/pool/settle-reservations.ts';
const FINISH = 'lambdas/tokenization/finish-reservation.ts';
const RELEASE = 'lambdas/pool/release.ts';

/** Bugs in the statements and the schema. */
export const POOL_MUTANTS: readonly Mutant[] = [
  {
    name: 'the settler puts stale pairs back on offer',
    edits: [
      WITHOUT_TRIGGER,
      edit(
        SETTLE,
        "SET state = 'QUARANTINED', reason = 'stale-reservation', quarantined_at = now()",
        "SET state = 'AVAILABLE', reservation_id = NULL",
      ),
      edit(SETTLE, 'INSERT INTO quarantined_pair (pair_id)', 'INSERT INTO available_pair (pair_id)'),
    ],
  },
  {
    name: 'reservation ids are not unique',
    edits: [
      edit(
        PAIR_LIFE,
        'id uuid PRIMARY KEY,\n  pair_id bigint NOT NULL,\n  reserved_at',
        'id uuid,\n  pair_id bigint NOT NULL,\n  reserved_at',
      ),
    ],
  },
  {
    name: 'internal tokens are not unique',
    edits: [
      edit(PAIR_LIFE, 'internal_token text NOT NULL UNIQUE', 'internal_token text NOT NULL'),
      edit(PAIR_LIFE, 'card_reference text NOT NULL UNIQUE', 'card_reference text NOT NULL'),
    ],
  },
  {
    name: 'the event is written after the pair is used, in a statement of its own',
    edits: [
      edit(
        'lambdas/pool/mark-used.ts',
        '    INSERT INTO outbox_event (pair_id, card_reference)\n    SELECT id, card_reference FROM used\n    RETURNING pair_id\n  `;\n  if (used === undefined) await',
        '    SELECT id FROM used\n  `;\n  await sql`INSERT INTO outbox_event (pair_id, card_reference) SELECT id, card_reference FROM pair WHERE id = ${pairId} ON CONFLICT DO NOTHING`;\n  if (used === undefined) await',
      ),
    ],
  },
  {
    name: 'after a lost commit it is read whether the pair was taken, and then decided',
    edits: [
      edit(
        PAIR_LIFE,
        'id uuid PRIMARY KEY,\n  pair_id bigint NOT NULL,\n  reserved_at',
        'id uuid,\n  pair_id bigint NOT NULL,\n  reserved_at',
      ),
      edit(
        'lambdas/pool/take-pair.ts',
        '  try {\n    const [pair]',
        '  try {\n    const before = await findReserved(sql, reservationId);\n    if (before !== null) return before;\n    const [pair]',
      ),
    ],
  },
  {
    name: 'the key is not written with the reservation',
    edits: [edit('lambdas/pool/reserve.ts', 'claim === null\n', 'claim === null || sql !== null\n')],
  },
  {
    name: 'anybody may give a pair back',
    edits: [
      WITHOUT_TRIGGER,
      edit(FINISH, 'error.attempts === 0 && !held.resumed', 'error.attempts >= 0'),
      edit(RELEASE, "AND reservation_id = ${id} AND state = 'RESERVED'", "AND state IN ('RESERVED', 'QUARANTINED')"),
    ],
  },
  {
    name: 'a pair is given back while another request has taken up its key',
    edits: [edit(RELEASE, 'AND NOT coalesce((SELECT is_resumed FROM held_key), false)', '')],
  },
  {
    name: 'tokens without a partner are thrown away',
    edits: [edit('lambdas/pool/stage-pairs.ts', 'if (tokens.length === 0) return;', 'if (tokens.length >= 0) return;')],
  },
  {
    name: 'prefetch calls are not announced',
    edits: [
      edit(
        'lambdas/pool/prefetch-call.ts',
        'VALUES (${id}, ${namespace}, ${fencing}, ${count})',
        'SELECT ${id}::uuid, ${namespace}, ${fencing}::bigint, ${count}::int WHERE false',
      ),
    ],
  },
  {
    name: 'an adopted pair is told to nobody',
    edits: [
      edit(
        'lambdas/pool/adopt.ts',
        '    SELECT id, card_reference FROM used\n',
        '    SELECT id, card_reference FROM used WHERE false\n',
      ),
    ],
  },
  {
    name: 'a pair of the direct path is told to nobody',
    edits: [
      edit(
        'lambdas/pool/insert-bound.ts',
        '    SELECT id, card_reference FROM used\n    RETURNING pair_id',
        '    SELECT id, card_reference FROM used WHERE false\n    RETURNING pair_id',
      ),
    ],
  },
  {
    name: 'a quarantined pair stays on offer',
    edits: [
      edit(
        'lambdas/pool/quarantine-unused.ts',
        'DELETE FROM staged_pair USING quarantined WHERE',
        'DELETE FROM staged_pair USING quarantined WHERE false AND',
      ),
    ],
  },
  {
    name: 'a key answers with its pair, whoever uses it now',
    edits: [
      edit(
        'lambdas/pool/idempotency-claim.ts',
        'reservationId !== null && claim.pairReservationId === reservationId',
        'reservationId !== null',
      ),
    ],
  },
  {
    name: 'a pair that is given back is not put on offer',
    edits: [edit(RELEASE, 'SELECT id, expires_at FROM freed\n', 'SELECT id, expires_at FROM freed WHERE false\n')],
  },
  {
    name: 'a settled reservation stays open',
    edits: [
      edit(SETTLE, 'DELETE FROM reservation USING stale WHERE', 'DELETE FROM reservation USING stale WHERE false AND'),
    ],
  },
  {
    name: 'the restore fence leaves what is on offer',
    edits: [
      edit(
        'lambdas/pool/fence-restored.ts',
        '        SELECT pair_id FROM available_pair\n',
        '        SELECT pair_id FROM available_pair WHERE false\n',
      ),
      edit(
        'lambdas/pool/fence-restored.ts',
        'withdrawn AS (DELETE FROM available_pair)',
        'withdrawn AS (DELETE FROM available_pair WHERE false)',
      ),
    ],
  },
  {
    name: 'another body is answered under the same key',
    edits: [
      edit('lambdas/pool/idempotency-claim.ts', "if (!standing.sameBody) return { outcome: 'key-conflict' };", ''),
    ],
  },
];
