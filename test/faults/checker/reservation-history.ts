import type { Evidence } from './evidence.ts';

/**
 * A reservation holds one pair (docs/design.md#retries-after-a-lost-commit). When a reservation is
 * closed, its id can be used again: an execution that arrives after that takes a new pair, which
 * the settler quarantines. So only pairs that are held at the same time are compared.
 */
export function reservationsWithTwoPairs(edges: Evidence['edges']): string[] {
  const held = new Map<string, bigint>();
  return edges.flatMap(({ from, to, takenBy, pairId }) => {
    if (from === 'RESERVED') {
      for (const [holder, heldPair] of held) if (heldPair === pairId) held.delete(holder);
    }
    if (to !== 'RESERVED' || takenBy === null) return [];
    const other = held.get(takenBy);
    held.set(takenBy, pairId);
    return other === undefined ? [] : [`one reservation took the pairs ${other} and ${pairId}`];
  });
}

/**
 * A request sends the token of one pair to NS1, however often
 * (docs/design.md#an-uncertain-pair-is-never-offered-again).
 */
export function requestsWithTwoTokens(dispatches: Evidence['dispatches']): string[] {
  const tokens = new Map<string, Set<string>>();
  for (const { correlationId, token } of dispatches)
    tokens.set(correlationId, (tokens.get(correlationId) ?? new Set()).add(token));
  return [...tokens.values()]
    .filter(({ size }) => size > 1)
    .map(({ size }) => `one request sent the tokens of ${size} pairs to NS1`);
}

/**
 * A pair may be released only if its reservation sent nothing to NS1, or sent one request and NS1
 * named another token (docs/design.md#edges).
 */
export function releasesAfterSending({
  edges,
  pairs,
  dispatches,
}: Pick<Evidence, 'edges' | 'pairs' | 'dispatches'>): string[] {
  const tokenOf = new Map(pairs.map(({ pairId, internalToken }) => [pairId, internalToken]));
  return edges.flatMap(({ from, to, pairId, holder }) => {
    if (from !== 'RESERVED' || to !== 'AVAILABLE') return [];
    const sent = dispatches.filter(
      ({ token, reservationId }) => token === tokenOf.get(pairId) && reservationId === holder,
    );
    if (sent.length === 0 || (sent.length === 1 && sent[0]?.outcome === 'other')) return [];
    const outcomes = sent.map(({ outcome }) => outcome).join(', ');
    return [`pair ${pairId} was released after ${sent.length} requests (${outcomes})`];
  });
}
