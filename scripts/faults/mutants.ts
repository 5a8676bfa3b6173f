/** One change of one file: exactly one place of it. */
interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A bug that somebody could write, and that the trials must find. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

/** Takes the database's own guard away, to see that the checker does not depend on it. */
const WITHOUT_TRIGGER = edit(
  'lambdas/pool/migrations/002.do.requests-and-refill.sql',
  '-- What stands around the pairs',
  'ALTER TABLE pair DISABLE TRIGGER pair_edges;\n-- What stands around the pairs',
);

const PAIR_LIFE = 'lambdas/pool/migrations/001.do.pair-life.sql';
const SETTLE = 'lambdas/pool/settle-reservations.ts';
const FINISH = 'lambdas/tokenization/finish-reservation.ts';
const RELEASE = 'lambdas/pool/release.ts';

export const MUTANTS: readonly Mutant[] = [
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
    name: 'the echoed token is not checked',
    edits: [
      edit(
        FINISH,
        'if (answer.token === reservation.internalToken) return markUsed',
        'if (answer.token !== null) return markUsed',
      ),
    ],
  },
  {
    name: 'events are closed before they are sent',
    edits: [
      edit(
        'lambdas/tokenization/relay-events.ts',
        '      const accepted = await',
        '      await outbox.close(batch.map(({ pairId }) => pairId));\n      const accepted = await',
      ),
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
    name: 'an unknown outcome gives the pair back',
    edits: [
      edit(
        FINISH,
        "    dependencies.report('outcome-unknown', context, error);",
        "    await dependencies.store.release(reservation, 'not-dispatched', held.claim);",
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
    name: 'a pair is given back though a retry was on its way',
    edits: [edit(FINISH, 'pairIsFree: answer.attempts === 1 && !held.resumed', 'pairIsFree: true')],
  },
  {
    name: 'a pair is given back after a failure that was sent',
    edits: [edit(FINISH, 'error.attempts === 0 && !held.resumed', '!held.resumed')],
  },
  {
    name: 'a pair is given back while another request has taken up its key',
    edits: [edit(RELEASE, 'AND NOT coalesce((SELECT is_resumed FROM held_key), false)', '')],
  },
  {
    name: "NS2's echo is not checked",
    edits: [
      edit(
        'lambdas/tokenization/refill/map-staged-pairs.ts',
        'if (token !== pair.cardReference)',
        'if (token === null)',
      ),
    ],
  },
  {
    name: 'a failed mapping counts as mapped',
    edits: [
      edit(
        'lambdas/tokenization/refill/map-staged-pairs.ts',
        'if (isAboutThisPair(error)) outcomes.addFailure(pair, error);',
        'if (isAboutThisPair(error)) await outcomes.add(pair, pair.cardReference);',
      ),
    ],
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
    name: 'the fingerprint is the card number',
    edits: [
      edit(
        'lambdas/runtime/compose-tokenizer.ts',
        "  fingerprint: createHmac('sha256', secret)\n",
        "  fingerprint: Buffer.from(cardNumber.reveal()), unused: createHmac('sha256', secret)\n",
      ),
    ],
  },
  {
    name: 'a disclosure leaves no record',
    edits: [
      edit(
        'lambdas/tokenization/pooled-tokenizer.ts',
        '  dependencies.recordDisclosure(',
        '  if (caller === undefined) dependencies.recordDisclosure(',
      ),
    ],
  },
  {
    name: 'the direct path believes any token',
    edits: [edit('lambdas/tokenization/create-card.ts', '!== internalToken) {', '=== null) {')],
  },
  {
    name: 'a pair of the direct path is stored unconfirmed',
    edits: [edit('lambdas/tokenization/bound-token.ts', '!== pair.cardReference) {', '=== null) {')],
  },
  {
    name: '"already tokenized" is believed unconfirmed',
    edits: [
      edit(
        FINISH,
        'const bound = await tome.ns1.lookup(held.cardNumber, liveCall(context));\n',
        'const bound = answer.token;\n',
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
    name: 'a pair is used though NS1 never answered',
    edits: [
      edit(
        FINISH,
        'if (bound === null) throw error;',
        'if (bound === null) return markUsed(dependencies, held, context);',
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
