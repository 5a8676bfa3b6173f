import { edit, type Mutant } from './mutant.ts';

const FINISH = 'lambdas/tokenization/finish-reservation.ts';
/** Bugs in the use cases and jobs that call the database and TOME. */
export const DOMAIN_MUTANTS: readonly Mutant[] = [
  {
    name: 'the token in the answer of NS1 is not compared with the token that was sent',
    edits: [
      edit(
        FINISH,
        'if (answer.token === reservation.internalToken && answer.isNew) return markUsed',
        'if (answer.token !== null) return markUsed',
      ),
    ],
  },
  {
    name: 'events are closed before they are sent',
    edits: [
      edit(
        'lambdas/tokenization/relay-events.ts',
        '    const closed: OutboxEvent[] = [];\n',
        '    const closed: OutboxEvent[] = [];\n    if (taken.length > 0) await outbox.close(taken);\n',
      ),
    ],
  },
  {
    name: 'a pair is released after an unknown outcome',
    edits: [
      edit(
        FINISH,
        "    report('outcome-unknown', context, error);",
        "    await store.release(reservation, 'not-dispatched', claim);",
      ),
    ],
  },
  {
    name: 'a pair is released although a retry of the request can still arrive',
    edits: [
      edit(FINISH, 'isPairUnused = token === answer.token && answer.attempts === 1 && !resumed', 'isPairUnused = true'),
    ],
  },
  {
    name: 'a pair is released although the failed request was sent',
    edits: [edit(FINISH, 'error.attempts === 0 && !resumed', '!resumed')],
  },
  {
    name: 'the reference in the answer of NS2 is not compared with the pair',
    edits: [
      edit(
        'lambdas/tokenization/refill/mapping-outcomes.ts',
        'if (token !== pair.cardReference)',
        'if (token === null)',
      ),
    ],
  },
  {
    name: 'a failed binding on NS2 counts as bound',
    edits: [
      edit(
        'lambdas/tokenization/refill/map-staged-pairs.ts',
        'if (!(error instanceof TomeRateLimited)) outcomes.addFailure(pair, error);',
        'if (!(error instanceof TomeRateLimited)) await outcomes.add(pair, pair.cardReference);',
      ),
    ],
  },
  {
    name: 'the fingerprint of a body is the card number itself',
    edits: [
      edit(
        'lambdas/composition/tokenizer.ts',
        "fingerprint: keyedHash(secret, ['body', account, principal, idempotencyKey, cardNumber.reveal()]),",
        'fingerprint: Buffer.from(cardNumber.reveal()),',
      ),
    ],
  },
  {
    name: 'a disclosure leaves no audit record',
    edits: [
      edit(
        'lambdas/tokenization/pooled-tokenizer.ts',
        '  dependencies.recordDisclosure(',
        '  if (caller === undefined) dependencies.recordDisclosure(',
      ),
    ],
  },
  {
    name: 'the direct path accepts any token as confirmed',
    edits: [edit('lambdas/tokenization/checked-answers.ts', '!== internalToken) throw', '=== null) throw')],
  },
  {
    name: 'the direct path stores a pair whose reference NS2 did not confirm',
    edits: [
      edit(
        'lambdas/tokenization/store-bound.ts',
        'liveCall(context))) !== pair.cardReference) {',
        'liveCall(context))) === null) {',
      ),
    ],
  },
  {
    name: 'the token that NS1 names for a known card is used without confirmation',
    edits: [
      edit(
        FINISH,
        'const agreed = await agreedToken(dependencies, cardNumber, context, token);',
        'const agreed = [dependencies, cardNumber, context].length > 0 ? token : null;',
      ),
    ],
  },
  {
    name: 'after an unknown outcome a single lookup decides',
    edits: [edit(FINISH, '  if ((await lookUp()) !== bound) throw error;\n', '')],
  },
  {
    name: 'after an unknown outcome the request tries a second pair',
    edits: [
      edit(
        FINISH,
        '  if (bound === null) throw error;\n',
        "  if (bound === null) {\n    const other = await dependencies.store.reserve(dependencies.newReservationId(), null);\n    if (other.outcome === 'reserved') return finishReservation(dependencies, { ...creation, reservation: other.reservation }, context);\n    throw error;\n  }\n",
      ),
    ],
  },
  {
    name: 'a pair is marked as used although NS1 knows no token for the card',
    edits: [
      edit(
        FINISH,
        'if (bound === null) throw error;',
        'if (bound === null) return markUsed(dependencies, creation, context);',
      ),
    ],
  },
];
