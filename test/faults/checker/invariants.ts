import type { Evidence } from './evidence.ts';
import { cardsOfKeys, conflictsBetweenCallers } from './key-answers.ts';
import { leakedTexts } from './leaked-texts.ts';
import { releasesAfterSending, requestsWithTwoTokens, reservationsWithTwoPairs } from './reservation-history.ts';
import { equalTexts, wrongForms } from './token-forms.ts';

export interface Violation {
  readonly invariant: string;
  /** Names pairs by their id, and never contains a card number or an internal token. */
  readonly message: string;
}

interface Invariant {
  /** Whether it must hold only at rest (docs/design.md#invariants). */
  readonly atRest: boolean;
  /** One sentence for each violation. */
  readonly check: (evidence: Evidence) => string[];
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Groups values by key, and returns the groups that have different values. */
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

/** I4. The harness also reads every reference back through the product, and reports it as this. */
export const REFERENCES_RESOLVE = 'I4 every returned reference detokenizes to its card and is found for it';

/** The invariants of docs/design.md#invariants. I13 is checked by runs whose clock jumps. */
const INVARIANTS: Readonly<Record<string, Invariant>> = {
  'I1 an internal token is bound to at most one card': {
    atRest: false,
    check: ({ tome }) =>
      ambiguous([...tome.ns1].map(([card, token]) => [token, card] as const)).map(
        () => 'NS1 has bound one token to two cards',
      ),
  },
  'I2 a reference is returned for at most one card': {
    atRest: false,
    check: ({ answers }) =>
      ambiguous(
        answers.flatMap(({ status, reference, card }) =>
          isSuccess(status) && reference !== undefined && card !== undefined ? [[reference, card] as const] : [],
        ),
      ).map(([reference]) => `reference ${reference} was returned for two cards`),
  },
  'I3 every stored pair equals NS2': {
    atRest: false,
    check: ({ pairs, tome }) => [
      ...ambiguous(pairs.map(({ internalToken, pairId }) => [internalToken, pairId] as const)).map(
        () => 'an internal token is in two pairs',
      ),
      ...ambiguous(pairs.map(({ cardReference, pairId }) => [cardReference, pairId] as const)).map(
        ([reference]) => `reference ${reference} is in two pairs`,
      ),
      ...pairs
        .filter(
          ({ isConfirmed, internalToken, cardReference }) =>
            isConfirmed && tome.ns2.get(internalToken) !== cardReference,
        )
        .map(({ pairId }) => `pair ${pairId} is confirmed, and NS2 has another binding`),
    ],
  },
  [REFERENCES_RESOLVE]: {
    atRest: false,
    check({ pairs, answers, tome }) {
      const pairOf = new Map(pairs.map((pair) => [pair.internalToken, pair]));
      return answers.flatMap(({ operation, status, card, reference }) => {
        if (operation === 'detokenize' || !isSuccess(status) || card === undefined || reference === undefined)
          return [];
        const token = tome.ns1.get(card);
        if (token === undefined) return [`reference ${reference} was returned, and NS1 does not know its card`];
        if (tome.ns2.get(token) !== reference) return [`reference ${reference} does not lead to its card at TOME`];
        // A read asks NS2 about an unconfirmed pair, so only a confirmed pair can answer.
        const pair = pairOf.get(token);
        const canAnswer = pair?.isConfirmed === true || pair?.state === 'USED';
        return pair !== undefined && canAnswer && pair.cardReference !== reference
          ? [`pair ${pair.pairId} answers with another reference`]
          : [];
      });
    },
  },
  'I5 a used pair is bound on NS1': {
    atRest: false,
    check({ pairs, tome }) {
      const bound = new Set(tome.ns1.values());
      return pairs
        .filter(({ state, internalToken }) => state === 'USED' && !bound.has(internalToken))
        .map(({ pairId }) => `pair ${pairId} is USED, and NS1 has bound no card to it`);
    },
  },
  'I6 only the edges were taken': {
    atRest: false,
    check: ({ edges, pairs, dispatches, restored }) => [
      ...edges
        .filter(({ from, to }) => !LEGAL_EDGES.has(`${from} ${to}`))
        .map(({ pairId, from, to }) => `pair ${pairId} changed from ${from} to ${to}`),
      ...edges
        .filter(({ from, to, takenBy, holder }) => from === 'RESERVED' && to === 'AVAILABLE' && takenBy !== holder)
        .map(({ pairId }) => `pair ${pairId} was released by a reservation that did not hold it`),
      ...edges
        .filter(({ to, takenBy, holder, adopted }) => to === 'USED' && takenBy !== holder && !adopted)
        .map(({ pairId }) => `pair ${pairId} was used by a reservation that did not hold it`),
      ...reservationsWithTwoPairs(edges),
      ...requestsWithTwoTokens(dispatches),
      // A database that was set back does not know which requests took over a key after the backup.
      // Only the fence closes their reservations.
      ...(restored === 'unfenced' ? [] : releasesAfterSending({ edges, pairs, dispatches })),
    ],
  },
  'I7 each used pair has exactly one event, and no other event was sent': {
    atRest: true,
    check({ pairs, events, outboxSize, restored }) {
      const used = new Set(pairs.filter(({ state }) => state === 'USED').map(({ cardReference }) => cardReference));
      const announced = new Set(events.map(({ cardReferenceId }) => cardReferenceId));
      return [
        ...[...used]
          .filter((reference) => !announced.has(reference))
          .map((reference) => `no event was sent for reference ${reference}`),
        // After a restore, the database learns of a card created after the backup when it is read.
        ...[...(restored === 'never' ? announced : [])]
          .filter((reference) => !used.has(reference))
          .map((reference) => `an event was sent for reference ${reference}, which is not used`),
        ...ambiguous(events.map(({ cardReferenceId, eventId }) => [cardReferenceId, eventId] as const)).map(
          ([reference]) => `reference ${reference} has two event ids`,
        ),
        ...(outboxSize > 0 ? [`${outboxSize} events are still in the outbox`] : []),
      ];
    },
  },
  'I8 every issued token is stored, bound, or counted as lost': {
    atRest: true,
    check({ tome, pairs, unpairedTokens, lostCalls, restored }) {
      // A restore removes the tokens that were stored after the backup.
      if (restored !== 'never') return [];
      return (['ns1', 'ns2'] as const).flatMap((namespace) => {
        const stored = new Set([
          ...pairs.map(({ internalToken, cardReference }) => (namespace === 'ns1' ? internalToken : cardReference)),
          ...unpairedTokens.filter((unpaired) => unpaired.namespace === namespace).map(({ token }) => token),
        ]);
        const bound = new Set(namespace === 'ns1' ? tome.ns1.values() : tome.ns2.values());
        const missing = tome.issued[namespace].filter((token) => !stored.has(token) && !bound.has(token)).length;
        const counted = lostCalls
          .filter((call) => call.namespace === namespace)
          .reduce((sum, { requested }) => sum + requested, 0);
        return missing > counted
          ? [`${missing} tokens of ${namespace} are missing, and ${counted} are counted as lost`]
          : [];
      });
    },
  },
  'I9 no work is left open': {
    atRest: true,
    check: ({ pairs, tableSizes, outboxSize }) => {
      const count = (state: string): number => pairs.filter((pair) => pair.state === state).length;
      const compared = (state: string, table: string, rows: number): string[] =>
        count(state) === rows ? [] : [`${count(state)} pairs are ${state}, and ${table} has ${rows} rows`];
      return [
        ...(count('STAGED') > 0 ? [`${count('STAGED')} pairs are still STAGED`] : []),
        ...(count('RESERVED') > 0 ? [`${count('RESERVED')} pairs are still RESERVED`] : []),
        ...(outboxSize > 0 ? ['events are unsent'] : []),
        ...compared('AVAILABLE', 'available_pair', tableSizes.available),
        ...compared('STAGED', 'staged_pair', tableSizes.staged),
        ...compared('RESERVED', 'reservation', tableSizes.reserved),
        ...compared('QUARANTINED', 'quarantined_pair', tableSizes.quarantined),
      ];
    },
  },
  'I10 one key is answered with one reference': {
    atRest: false,
    check: ({ answers }) =>
      ambiguous(
        answers.flatMap(({ status, idempotencyKey, reference }) =>
          isSuccess(status) && idempotencyKey !== undefined && reference !== undefined
            ? [[idempotencyKey, reference] as const]
            : [],
        ),
      ).map(([key]) => `key ${key} was answered with two references`),
  },
  "I15 a key's row and its reservation belong to the card in the key's body": {
    atRest: false,
    check: cardsOfKeys,
  },
  'I16 keys of different callers are independent': {
    atRest: false,
    check: conflictsBetweenCallers,
  },
  'I11 no card number is outside TOME, and no internal token outside the database and TOME': {
    atRest: false,
    check: leakedTexts,
  },
  'I17 a card number, an internal token and a reference are never the same text': {
    atRest: false,
    check: equalTexts,
  },
  'I18 each pair has the forms of its TOME': {
    atRest: false,
    check: wrongForms,
  },
  'I12 there are not more used pairs than bound tokens': {
    atRest: false,
    check: ({ tome, pairs }) => {
      const used = pairs.filter(({ state }) => state === 'USED').length;
      const bound = new Set(tome.ns1.values());
      const known = pairs.filter(({ internalToken }) => bound.has(internalToken)).length;
      return used > known ? [`${used} pairs are used for ${known} bound tokens`] : [];
    },
  },
  'I14 each card number that was disclosed has an audit record': {
    atRest: true,
    check({ answers, disclosures }) {
      const disclosed = answers.filter(({ operation, status }) => operation === 'detokenize' && isSuccess(status));
      return disclosures.length < disclosed.length
        ? [`${disclosed.length} card numbers were disclosed, and ${disclosures.length} audit records written`]
        : [];
    },
  },
};

/** Checks all invariants. `isAtRest` says that recovery has run and no request is in flight. */
export function findViolations(evidence: Evidence, isAtRest: boolean): Violation[] {
  return Object.entries(INVARIANTS).flatMap(([invariant, { atRest, check }]) =>
    atRest && !isAtRest ? [] : check(evidence).map((message) => ({ invariant, message })),
  );
}
