import { edit, type Mutant } from './mutant.ts';

const KIND = 'answers with the reference of another card';
const TESTS = ['test/integration/key-answers.test.ts'];
const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;
const FINISH = 'lambdas/tokenization/finish-reservation.ts';
const RESOLVE = 'lambdas/tokenization/resolve-pair.ts';

const ADOPTION_KEEPS_RESERVATION = edit(
  functions('lookup/adopt'),
  '      reservation_id = NULL,\n',
  '      reservation_id = coalesce(held.id, reservation_id),\n',
);

/** Bugs that answer a key, a late owner or a read with the reference of another card. */
export const KEY_MUTANTS: readonly Mutant[] = [
  {
    name: 'a key is answered with a pair because the pair is used with the reservation id of the key',
    kind: KIND,
    edits: [
      ADOPTION_KEEPS_RESERVATION,
      edit(
        functions('reservation/reserve-for-key'),
        '  is_created := stored.created;\n',
        "  is_created := stored.created;\n  IF stored.state = 'USED' AND stored.pair_reservation_id = stored.reservation_id THEN card_reference := stored.pair_reference; is_created := true; END IF;\n",
      ),
    ],
  },
  {
    name: 'an adopted pair keeps the id of its former reservation',
    kind: KIND,
    edits: [ADOPTION_KEEPS_RESERVATION],
  },
  {
    name: 'the answer of a key is written without comparing the body',
    kind: KIND,
    edits: [
      edit(
        functions('reservation/complete-idempotency-key'),
        'WHERE key_hash = p_key_hash AND fingerprint = p_fingerprint AND card_reference IS NULL',
        'WHERE key_hash = p_key_hash AND card_reference IS NULL',
      ),
    ],
    tests: TESTS,
  },
  {
    name: 'the answer of a key is not written when its pair is used',
    kind: KIND,
    edits: [
      edit(
        functions('reservation/mark-used-for-key'),
        '      AND idempotency_key.card_reference IS NULL;',
        '      AND false AND idempotency_key.card_reference IS NULL;',
      ),
    ],
  },
  {
    name: 'a late owner uses a pair that was quarantined for a contradiction',
    kind: KIND,
    edits: [
      edit(
        functions('reservation/mark-used'),
        "        reason OPERATOR(pg_catalog.=) 'stale-reservation'::pg_catalog.text\n",
        '        reason IS NOT NULL\n',
      ),
    ],
    tests: TESTS,
  },
  {
    name: 'a pair is released although the row of its key is gone',
    kind: KIND,
    edits: [
      edit(
        functions('reservation/release'),
        '    IF NOT FOUND THEN\n      RETURN false;',
        '    IF FOUND AND false THEN\n      RETURN false;',
      ),
    ],
    tests: TESTS,
  },
  {
    name: 'a token that was bound before is accepted after one answer',
    kind: KIND,
    edits: [edit(FINISH, 'reservation.internalToken && answer.isNew)', 'reservation.internalToken)')],
    tests: TESTS,
  },
  {
    name: 'a read adopts a pair after one answer of NS1',
    kind: KIND,
    edits: [
      edit(
        RESOLVE,
        "=> isStored(stored) && stored.state !== 'USED';",
        '=> isStored(stored) && stored.internalToken.length === 0;',
      ),
    ],
    tests: TESTS,
  },
  {
    name: 'a read answers with a stored pair that NS2 never confirmed',
    kind: KIND,
    edits: [
      edit('lambdas/tokenization/store-bound.ts', "=> mapped || state === 'USED';", "=> mapped || state !== 'POOLED';"),
    ],
    tests: [...TESTS, 'test/integration/unconfirmed-answers.test.ts'],
  },
  {
    name: 'pairs are activated by their id alone, without the tokens that NS2 confirmed',
    kind: KIND,
    edits: [
      edit(
        functions('refill/activate-mapped-pairs'),
        'JOIN pair USING (id, internal_token, card_reference)',
        'JOIN pair ON pair.id = mapped.id',
      ),
    ],
    tests: TESTS,
  },
  {
    name: 'events are closed by the id of their pair alone, without the reference that was sent',
    kind: KIND,
    edits: [
      edit(
        functions('outbox/close-sent-events'),
        'JOIN pair USING (id, card_reference)',
        'JOIN pair ON pair.id = sent.id',
      ),
    ],
    tests: TESTS,
  },
];
