import { edit, type Mutant } from './mutant.ts';

const FINISH = 'lambdas/tokenization/finish-reservation.ts';

/** Bugs in what calls the statements and TOME. */
export const DOMAIN_MUTANTS: readonly Mutant[] = [
  {
    name: 'the echoed token is not checked',
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
    name: 'a pair is given back though a retry was on its way',
    edits: [edit(FINISH, 'pairIsFree: isConfirmed && answer.attempts === 1 && !held.resumed', 'pairIsFree: true')],
  },
  {
    name: 'a pair is given back after a failure that was sent',
    edits: [edit(FINISH, 'error.attempts === 0 && !held.resumed', '!held.resumed')],
  },
  {
    name: "NS2's echo is not checked",
    edits: [
      edit(
        'lambdas/tokenization/refill/mapping-outcomes.ts',
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
        'if (!(error instanceof TomeRateLimited)) outcomes.addFailure(pair, error);',
        'if (!(error instanceof TomeRateLimited)) await outcomes.add(pair, pair.cardReference);',
      ),
    ],
  },
  {
    name: 'the fingerprint is the card number',
    edits: [
      edit(
        'lambdas/composition/tokenizer.ts',
        "fingerprint: keyedHash(secret, ['body', account, principal, idempotencyKey, cardNumber.reveal()]),",
        'fingerprint: Buffer.from(cardNumber.reveal()),',
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
    edits: [edit('lambdas/tokenization/confirm-token.ts', '!== internalToken) throw', '=== null) throw')],
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
        'const token = await agreedToken(dependencies, held.cardNumber, context, answer.token);',
        'const token = [dependencies, context].length > 0 ? answer.token : null;',
      ),
    ],
  },
  {
    name: 'after an unknown outcome one look-up is believed',
    edits: [edit(FINISH, '  if ((await lookUp()) !== bound) throw error;\n', '')],
  },
  {
    name: 'after an unknown outcome a second pair is tried',
    edits: [
      edit(
        FINISH,
        '  if (bound === null) throw error;\n',
        "  if (bound === null) {\n    const other = await dependencies.store.reserve(dependencies.newReservationId(), null);\n    if (other.outcome === 'reserved') return finishReservation(dependencies, { ...held, reservation: other.reservation }, context);\n    throw error;\n  }\n",
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
];
