import type { Evidence } from './evidence.ts';

/**
 * What a key would be answered with if it came back now. Two things may answer for a key: the reference
 * in its row, and the pair that its reservation used. Both must lead to the card in the key's body.
 * This is judged for every key in the database, whether a client comes back with it or not.
 */
export function keysOfOtherCards({ keys, claims, rows, tome }: Evidence): string[] {
  const usedBy = new Map(
    rows.flatMap((row) =>
      row.state === 'USED' && row.reservationId !== null ? [[row.reservationId, row] as const] : [],
    ),
  );
  return keys.flatMap(({ claim, reservationId, cardReference }) => {
    const card = claims.get(claim);
    if (card === undefined) return [];
    const token = tome.ns1.get(card);
    const reference = token === undefined ? undefined : tome.ns2.get(token);
    const pair = reservationId === null ? undefined : usedBy.get(reservationId);
    return [
      ...(cardReference !== null && cardReference !== reference
        ? [`a key's row holds the reference ${cardReference}, which is not its card's`]
        : []),
      ...(pair !== undefined && pair.internalToken !== token
        ? [`pair ${pair.pairId} was used by a key's reservation for another card than the key's`]
        : []),
    ];
  });
}

/** A caller is told of another body only when it has sent one itself: callers who choose the same key do not meet. */
export function conflictsWithOthers({ answers, keyed }: Evidence): string[] {
  const cards = new Map<string, Set<string>>();
  for (const { idempotencyKey, card } of keyed)
    cards.set(idempotencyKey, (cards.get(idempotencyKey) ?? new Set()).add(card));
  return answers
    .filter(
      ({ code, idempotencyKey }) =>
        code === 'idempotency-conflict' && idempotencyKey !== undefined && (cards.get(idempotencyKey)?.size ?? 0) < 2,
    )
    .map(({ idempotencyKey }) => `key ${idempotencyKey} met another caller's`);
}
