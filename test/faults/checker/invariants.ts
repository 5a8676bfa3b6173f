import type { Evidence } from './evidence.ts';
import { conflictsWithOthers, keysOfOtherCards } from './key-answers.ts';
import { heldTwice, releasedThoughSent, sentTwoTokens } from './reservation-history.ts';

export interface Violation {
  readonly invariant: string;
  /** In words, naming pairs by their number and never by a card number or an internal token. */
  readonly says: string;
}

type Judge = (evidence: Evidence) => string[];

const pairsOf = ({ rows }: Evidence) => new Map(rows.map((row) => [row.internalToken, row]));
const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Groups values by key; the groups with more than one different value. */
function ambiguous<Key, Value>(entries: Iterable<readonly [Key, Value]>): [Key, Set<Value>][] {
  const groups = new Map<Key, Set<Value>>();
  for (const [key, value] of entries) groups.set(key, (groups.get(key) ?? new Set()).add(value));
  return [...groups].filter(([, values]) => values.size > 1);
}

const LEGAL_EDGES = new Set([
  'none STAGED',
  'none USED',
  'STAGED AVAILABLE',
  'STAGED QUARANTINED',
  'AVAILABLE RESERVED',
  'AVAILABLE QUARANTINED',
  'RESERVED USED',
  'RESERVED AVAILABLE',
  'RESERVED QUARANTINED',
  'QUARANTINED USED',
]);

/** I1-I14 of brief 2, each over the testimony of all witnesses. Those marked are meaningful only once everything has come to rest. */
export const INVARIANTS: Readonly<Record<string, { readonly atRest: boolean; readonly judge: Judge }>> = {
  'I1 an internal token is bound to at most one card': {
    atRest: false,
    judge: ({ tome }) =>
      ambiguous([...tome.ns1].map(([card, token]) => [token, card] as const)).map(() => 'a token has two cards at NS1'),
  },
  'I2 a reference is returned for at most one card': {
    atRest: false,
    judge: ({ answers }) =>
      ambiguous(
        answers.flatMap(({ status, reference, card }) =>
          isSuccess(status) && reference !== undefined && card !== undefined ? [[reference, card] as const] : [],
        ),
      ).map(([reference]) => `reference ${reference} was given for two cards`),
  },
  'I3 every stored pair equals NS2': {
    atRest: false,
    judge: ({ rows, tome }) => [
      ...ambiguous(rows.map(({ internalToken, pairId }) => [internalToken, pairId] as const)).map(
        () => 'an internal token stands in two pairs',
      ),
      ...ambiguous(rows.map(({ cardReference, pairId }) => [cardReference, pairId] as const)).map(
        ([reference]) => `reference ${reference} stands in two pairs`,
      ),
      ...rows
        .filter(
          ({ wasMapped, internalToken, cardReference }) => wasMapped && tome.ns2.get(internalToken) !== cardReference,
        )
        .map(({ pairId }) => `pair ${pairId} is not what NS2 says`),
    ],
  },
  'I4 every reference given out leads to its card and back, for ever': {
    atRest: false,
    judge(evidence) {
      const byToken = pairsOf(evidence);
      return evidence.answers.flatMap(({ operation, status, card, reference }) => {
        if (operation === 'detokenize' || !isSuccess(status) || card === undefined || reference === undefined)
          return [];
        const token = evidence.tome.ns1.get(card);
        if (token === undefined) return [`reference ${reference} was given out and NS1 does not know its card`];
        if (evidence.tome.ns2.get(token) !== reference)
          return [`reference ${reference} does not lead to its card at TOME`];
        const row = byToken.get(token);
        // Reads ask NS2 where it never confirmed the pair, so only a confirmed row answers by itself.
        const answers = row?.wasMapped === true || row?.state === 'USED';
        return row !== undefined && answers && row.cardReference !== reference
          ? [`pair ${row.pairId} answers for another reference`]
          : [];
      });
    },
  },
  'I5 a used pair is bound on NS1': {
    atRest: false,
    judge({ rows, tome }) {
      const bound = new Set(tome.ns1.values());
      return rows
        .filter(({ state, internalToken }) => state === 'USED' && !bound.has(internalToken))
        .map(({ pairId }) => `pair ${pairId} is USED and no card is bound to it`);
    },
  },
  'I6 only the edges were taken': {
    atRest: false,
    judge: ({ edges, rows, dispatches, restored }) => [
      ...edges
        .filter(({ from, to }) => !LEGAL_EDGES.has(`${from} ${to}`))
        .map(({ pairId, from, to }) => `pair ${pairId} went from ${from} to ${to}`),
      ...edges
        .filter(
          ({ from, to, settledBy, reservationId }) =>
            from === 'RESERVED' && to === 'AVAILABLE' && settledBy !== reservationId,
        )
        .map(({ pairId }) => `pair ${pairId} was given back by somebody who did not hold it`),
      ...edges
        .filter(({ to, settledBy, reservationId, adopted }) => to === 'USED' && settledBy !== reservationId && !adopted)
        .map(({ pairId }) => `pair ${pairId} was used by somebody who did not hold it`),
      ...heldTwice(edges),
      ...sentTwoTokens({ dispatches }),
      // A database that was set back has forgotten who took up a key; only the fence closes its reservations.
      ...(restored === 'unfenced' ? [] : releasedThoughSent({ edges, rows, dispatches })),
    ],
  },
  'I7 one event for each used pair and none other': {
    atRest: true,
    judge({ rows, events, outboxSize, restored }) {
      const used = new Set(rows.filter(({ state }) => state === 'USED').map(({ cardReference }) => cardReference));
      const told = new Set(events.map(({ cardReferenceId }) => cardReferenceId));
      return [
        ...[...used]
          .filter((reference) => !told.has(reference))
          .map((reference) => `nobody was told of reference ${reference}`),
        // A database that was set back learns of a card that was created since from the next read.
        ...[...(restored === 'never' ? told : [])]
          .filter((reference) => !used.has(reference))
          .map((reference) => `an event tells of reference ${reference}, which is not used`),
        ...ambiguous(events.map(({ cardReferenceId, eventId }) => [cardReferenceId, eventId] as const)).map(
          ([reference]) => `reference ${reference} has two event ids`,
        ),
        ...(outboxSize > 0 ? [`${outboxSize} events are still in the outbox`] : []),
      ];
    },
  },
  'I8 tokens issued are stored or counted as lost': {
    atRest: true,
    judge({ tome, rows, unpairedTokens, lostCalls, restored }) {
      // The tokens that were stored after the backup are gone with it.
      if (restored !== 'never') return [];
      const stored = new Set([
        ...rows.flatMap(({ internalToken, cardReference }) => [internalToken, cardReference]),
        ...unpairedTokens,
      ]);
      return (['ns1', 'ns2'] as const).flatMap((namespace) => {
        const bound = new Set(namespace === 'ns1' ? tome.ns1.values() : tome.ns2.values());
        const missing = tome.issued[namespace].filter((token) => !stored.has(token) && !bound.has(token)).length;
        const counted = lostCalls
          .filter((call) => call.namespace === namespace)
          .reduce((sum, { requested }) => sum + requested, 0);
        return missing > counted
          ? [`${missing} tokens of ${namespace} are nowhere, and ${counted} are counted as lost`]
          : [];
      });
    },
  },
  'I9 nothing is left halfway': {
    atRest: true,
    judge: ({ rows, shelves, outboxSize }) => {
      const count = (state: string): number => rows.filter((row) => row.state === state).length;
      return [
        ...(count('STAGED') > 0 ? [`${count('STAGED')} pairs are still STAGED`] : []),
        ...(count('RESERVED') > 0 ? [`${count('RESERVED')} pairs are still RESERVED`] : []),
        ...(outboxSize > 0 ? ['events are unsent'] : []),
        ...(count('AVAILABLE') !== shelves.available
          ? [`${count('AVAILABLE')} pairs are AVAILABLE and ${shelves.available} are on the shelf`]
          : []),
        ...(count('STAGED') !== shelves.staged ? ['the shelf of the staged is wrong'] : []),
        ...(count('RESERVED') !== shelves.reserved
          ? [`${shelves.reserved} reservations are open for ${count('RESERVED')} RESERVED pairs`]
          : []),
        ...(count('QUARANTINED') !== shelves.quarantined ? ['the shelf of the quarantined is wrong'] : []),
      ];
    },
  },
  'I10 one key, one reference, one used pair': {
    atRest: false,
    judge: ({ answers }) =>
      ambiguous(
        answers.flatMap(({ status, idempotencyKey, reference }) =>
          isSuccess(status) && idempotencyKey !== undefined && reference !== undefined
            ? [[idempotencyKey, reference] as const]
            : [],
        ),
      ).map(([key]) => `key ${key} was answered with two references`),
  },
  "I15 a key's row and its reservation answer for the card in the key's body": {
    atRest: false,
    judge: keysOfOtherCards,
  },
  "I16 a caller's key meets no other caller's": {
    atRest: false,
    judge: conflictsWithOthers,
  },
  'I11 no card number outside TOME and no token outside the database': {
    atRest: false,
    judge({ tome, tables, output, events }) {
      const outside = `${output}\n${JSON.stringify(events)}`;
      return [...tome.ns1].flatMap(([card, token]) => [
        ...(tables.includes(card) || tables.includes(Buffer.from(card).toString('hex'))
          ? ['a card number is in the database']
          : []),
        ...(outside.includes(card) ? ['a card number is in a log, a metric or an event'] : []),
        ...(outside.includes(token) ? ['an internal token is in a log, a metric or an event'] : []),
      ]);
    },
  },
  'I12 a card has one pair': {
    atRest: false,
    judge: ({ tome, rows }) => {
      const used = rows.filter(({ state }) => state === 'USED').length;
      const bound = new Set(tome.ns1.values());
      const known = rows.filter(({ internalToken }) => bound.has(internalToken)).length;
      return used > known ? [`${used} pairs are used for ${known} bound tokens`] : [];
    },
  },
  'I14 one audit record for each card number disclosed': {
    atRest: true,
    judge({ answers, disclosures }) {
      const shown = answers.filter(({ operation, status }) => operation === 'detokenize' && isSuccess(status)).length;
      return disclosures.length < shown
        ? [`${shown} card numbers were disclosed and ${disclosures.length} records written`]
        : [];
    },
  },
};

/** Every violation, in words. `isAtRest`: recovery has run and nothing is under way. */
export function judge(evidence: Evidence, isAtRest: boolean): Violation[] {
  return Object.entries(INVARIANTS).flatMap(([invariant, { atRest, judge }]) =>
    atRest && !isAtRest ? [] : judge(evidence).map((says) => ({ invariant, says })),
  );
}
