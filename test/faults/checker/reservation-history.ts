import type { Evidence } from './evidence.ts';

/**
 * A reservation holds one pair (rule 4). Once it is closed its id is free again: a first execution that arrives that late burns a pair,
 * as a reservation that nobody knows of.
 */
export function heldTwice(edges: Evidence['edges']): string[] {
  const held = new Map<string, bigint>();
  return edges.flatMap(({ from, to, settledBy, pairId }) => {
    if (from === 'RESERVED') {
      for (const [holder, heldPair] of held) if (heldPair === pairId) held.delete(holder);
    }
    if (to !== 'RESERVED' || settledBy === null) return [];
    const other = held.get(settledBy);
    held.set(settledBy, pairId);
    return other === undefined ? [] : [`one reservation took the pairs ${other} and ${pairId}`];
  });
}

/** A request sends one token to NS1, however often: never a second pair after an unknown outcome (rule 3). */
export function sentTwoTokens({ dispatches }: Pick<Evidence, 'dispatches'>): string[] {
  const tokens = new Map<string, Set<string>>();
  for (const { correlationId, token } of dispatches)
    tokens.set(correlationId, (tokens.get(correlationId) ?? new Set()).add(token));
  return [...tokens.values()]
    .filter(({ size }) => size > 1)
    .map(({ size }) => `one request tried ${size} pairs at NS1`);
}

/** A pair may go back only if, in this reservation's name, nothing was sent to NS1, or one request was and NS1 named another token. */
export function releasedThoughSent({
  edges,
  rows,
  dispatches,
}: Pick<Evidence, 'edges' | 'rows' | 'dispatches'>): string[] {
  const tokenOf = new Map(rows.map(({ pairId, internalToken }) => [pairId, internalToken]));
  return edges.flatMap(({ from, to, pairId, reservationId }) => {
    if (from !== 'RESERVED' || to !== 'AVAILABLE') return [];
    const sent = dispatches.filter(
      (dispatch) => dispatch.token === tokenOf.get(pairId) && dispatch.reservationId === reservationId,
    );
    if (sent.length === 0 || (sent.length === 1 && sent[0]?.verdict === 'other')) return [];
    return [
      `pair ${pairId} was given back after ${sent.length} requests (${sent.map(({ verdict }) => verdict).join(', ')})`,
    ];
  });
}
