import { edit, type Mutant } from './mutant.ts';

const PAIR_LIFE = 'lambdas/pool/migrations/001.do.pair-life.sql';
const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;
const STORE = 'lambdas/pool/pair-store.ts';
const FINISH = 'lambdas/tokenization/finish-reservation.ts';

const IDS_NOT_UNIQUE = edit(
  PAIR_LIFE,
  'id uuid PRIMARY KEY,\n  pair_id bigint NOT NULL UNIQUE',
  'id uuid,\n  pair_id bigint NOT NULL UNIQUE',
);

/** How reserve takes the pair of its ticket. */
const TAKE_TICKET =
  'DELETE FROM public.available_pair\n      WHERE ctid OPERATOR(pg_catalog.=) (\n        SELECT ctid\n          FROM public.available_pair\n          WHERE ticket OPERATOR(pg_catalog.=) drawn_ticket\n            AND (expires_at IS NULL OR expires_at OPERATOR(pg_catalog.>) pg_catalog.now())\n          FOR UPDATE SKIP LOCKED\n      )\n      RETURNING * INTO taken;';

const RESERVED_PAIR_STAYS = edit(
  functions('reservation/reserve'),
  TAKE_TICKET,
  'SELECT * INTO taken FROM public.available_pair WHERE ticket = drawn_ticket;',
);

/** Bugs in the functions and the schema of the database. */
export const POOL_MUTANTS: readonly Mutant[] = [
  {
    name: 'the settler makes stale reserved pairs available again',
    edits: [
      edit(functions('maintenance/settle-reservations'), 'WHERE pair.id = closed.pair_id', 'WHERE false'),
      edit(
        functions('maintenance/settle-reservations'),
        'SELECT count(*)::int FROM recorded',
        'SELECT make_available((SELECT array_agg(pair_id) FROM closed))',
      ),
    ],
  },
  {
    name: 'the settler releases stale reservations in the name of their owners',
    edits: [
      edit(
        functions('maintenance/settle-reservations'),
        "      state = 'QUARANTINED',\n      reservation_id = closed.id,\n      reserved_at = closed.reserved_at,\n      reason = 'stale-reservation',\n      quarantined_at = now()",
        "      released_at = now(), released_by = closed.id, reason = 'not-dispatched'",
      ),
      edit(
        functions('maintenance/settle-reservations'),
        '    INSERT INTO quarantined_pair (pair_id)\n    SELECT id FROM quarantined\n    RETURNING pair_id',
        '    SELECT pair.id AS pair_id, quarantined.id FROM pair JOIN quarantined USING (id)',
      ),
      edit(
        functions('maintenance/settle-reservations'),
        'SELECT count(*)::int FROM recorded\n',
        'SELECT count(*)::int FROM recorded;\n  SELECT coalesce(make_available(ARRAY(SELECT id FROM pair WHERE released_at = now())), 0)\n',
      ),
    ],
  },
  { name: 'reservation ids are not unique', edits: [IDS_NOT_UNIQUE] },
  {
    name: 'a pair can have two open reservations',
    edits: [
      edit(PAIR_LIFE, 'pair_id bigint NOT NULL UNIQUE,\n  reserved_at', 'pair_id bigint NOT NULL,\n  reserved_at'),
      RESERVED_PAIR_STAYS,
    ],
  },
  {
    name: 'the trigger on available_pair accepts every pair',
    edits: [
      edit(
        PAIR_LIFE,
        '  IF EXISTS (\n    SELECT 1\n    FROM shelved',
        '  IF false AND EXISTS (\n    SELECT 1\n    FROM shelved',
      ),
    ],
  },
  {
    name: 'the event is written when the pair is reserved',
    edits: [
      edit(
        functions('reservation/reserve'),
        '  INSERT INTO public.reservation (id, pair_id) VALUES (p_reservation_id, taken.pair_id);\n',
        '  INSERT INTO public.reservation (id, pair_id) VALUES (p_reservation_id, taken.pair_id);\n  INSERT INTO public.outbox_event (pair_id, reservation_id) VALUES (taken.pair_id, p_reservation_id) ON CONFLICT DO NOTHING;\n',
      ),
      edit(
        functions('reservation/mark-used'),
        'VALUES (p_pair_id, p_reservation_id, opened_at);',
        'VALUES (p_pair_id, p_reservation_id, opened_at) ON CONFLICT DO NOTHING;',
      ),
    ],
  },
  {
    name: 'internal tokens and references are not unique',
    edits: [
      edit(PAIR_LIFE, 'internal_token text NOT NULL UNIQUE', 'internal_token text NOT NULL'),
      edit(PAIR_LIFE, 'card_reference text NOT NULL UNIQUE', 'card_reference text NOT NULL'),
    ],
  },
  {
    name: 'a reserved pair stays in available_pair',
    edits: [RESERVED_PAIR_STAYS],
  },
  {
    name: 'the event is written in a second transaction, after the pair is used',
    edits: [
      edit(
        functions('reservation/mark-used'),
        '    INSERT INTO public.outbox_event (pair_id, reservation_id, reserved_at) VALUES (p_pair_id, p_reservation_id, opened_at);\n',
        '',
      ),
      edit(
        STORE,
        "      if (marked?.['isOurs'] !== true) throw new ReservationLost();\n",
        "      if (marked?.['isOurs'] !== true) throw new ReservationLost();\n      await database.run((sql) => sql`INSERT INTO outbox_event (pair_id, reservation_id) VALUES (${pairId}, ${id}) ON CONFLICT DO NOTHING`);\n",
      ),
    ],
  },
  {
    name: 'after a lost commit the code first reads whether it has the pair, and then decides',
    edits: [
      IDS_NOT_UNIQUE,
      edit(
        'lambdas/pool/reserve.ts',
        '  try {\n    const [pair]',
        '  try {\n    const [before] = await sql<TakenPair[]>`SELECT pair_id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference" FROM find_reserved(${reservationId})`;\n    if (before !== undefined) return before;\n    const [pair]',
      ),
    ],
  },
  {
    name: 'the idempotency key is not written with the reservation',
    edits: [edit(STORE, 'claim === null ? reserve(', 'claim === null || sql !== null ? reserve(')],
  },
  {
    name: 'any request can release a pair',
    edits: [
      edit(FINISH, 'error.attempts === 0 && !resumed', 'error.attempts >= 0'),
      edit(
        functions('reservation/release'),
        'WHERE id = p_reservation_id AND pair_id = p_pair_id',
        'WHERE pair_id = p_pair_id',
      ),
    ],
  },
  {
    name: 'a pair is released although another request has taken over its key',
    edits: [
      edit(
        functions('reservation/release'),
        'AND reservation_id = p_reservation_id AND NOT is_resumed;',
        'AND reservation_id = p_reservation_id;',
      ),
    ],
  },
  {
    name: 'surplus tokens of a namespace are discarded',
    edits: [edit(functions('refill/stage-tokens'), 'FROM loose\n    WHERE NOT', 'FROM loose\n    WHERE false AND NOT')],
  },
  {
    name: 'prefetch calls are not recorded before they are sent',
    edits: [
      edit(
        functions('refill/announce-prefetch'),
        'VALUES (p_id, p_namespace, p_fencing, p_requested)',
        'SELECT p_id, p_namespace, p_fencing, p_requested WHERE false',
      ),
    ],
  },
  {
    name: 'no event is written for an adopted pair',
    edits: [edit(functions('lookup/adopt'), '  INSERT INTO outbox_event (pair_id) VALUES (subject.id);\n', '')],
  },
  {
    name: 'adoption ignores that a pair is used while its event is not closed yet',
    edits: [
      edit(
        functions('lookup/adopt'),
        'IF NOT FOUND AND EXISTS (SELECT FROM outbox_event',
        'IF false AND EXISTS (SELECT FROM outbox_event',
      ),
    ],
  },
  {
    name: 'an event is closed and its pair is not marked as used',
    edits: [edit(functions('outbox/close-events'), "AND pair.state = 'POOLED'", "AND pair.state = 'STAGED'")],
  },
  {
    name: 'no event is written for a pair that was bound outside the pool',
    edits: [edit(functions('lookup/record-bound-pair'), 'SELECT id FROM used;', 'SELECT id FROM used WHERE false;')],
  },
  {
    name: 'a quarantined pair stays in staged_pair',
    edits: [
      edit(
        functions('refill/quarantine-unused'),
        'DELETE FROM staged_pair USING locked WHERE staged_pair.pair_id = locked.id RETURNING pair_id',
        'SELECT pair_id FROM staged_pair JOIN locked ON staged_pair.pair_id = locked.id',
      ),
    ],
  },
  {
    name: 'a key is answered with its used pair, also when another card uses it',
    edits: [
      edit(
        functions('reservation/reserve-for-key'),
        '  is_created := stored.created;\n',
        "  is_created := stored.created;\n  IF stored.state = 'USED' THEN card_reference := stored.pair_reference; is_created := true; END IF;\n",
      ),
    ],
  },
  {
    name: 'a released pair does not become available',
    edits: [edit(functions('reservation/release'), '  PERFORM make_available(ARRAY[p_pair_id]);\n', '')],
  },
  {
    name: 'the settler leaves the row of a reservation that it has settled',
    edits: [
      edit(
        functions('maintenance/settle-reservations'),
        '    DELETE FROM reservation\n    USING stale\n    WHERE reservation.id = stale.id\n    RETURNING reservation.id, reservation.pair_id, reservation.reserved_at',
        '    SELECT reservation.id, reservation.pair_id, reservation.reserved_at\n    FROM reservation JOIN stale ON reservation.id = stale.id',
      ),
    ],
  },
  {
    name: 'the restore fence leaves the available pairs',
    edits: [
      edit(
        functions('maintenance/fence-restored'),
        'withdrawn AS (DELETE FROM available_pair RETURNING pair_id)',
        'withdrawn AS (SELECT pair_id FROM available_pair WHERE false)',
      ),
    ],
  },
  {
    name: 'a key is answered for another body',
    edits: [
      edit(functions('reservation/reserve-for-key'), 'IF stored.fingerprint <> p_fingerprint THEN', 'IF false THEN'),
    ],
  },
];
