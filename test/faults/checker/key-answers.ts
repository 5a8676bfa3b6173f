import type { Evidence } from './evidence.ts';

/**
 * Checks what each key in the database would be answered with, whether or not a client sends it
 * again. The reference in the key's row and the pair that its reservation used must both belong to
 * the card in the key's body.
 */
export function cardsOfKeys({ keys, claims, pairs, tome }: Evidence): string[] {
  const usedBy = new Map(
    pairs.flatMap((pair) =>
      pair.state === 'USED' && pair.reservationId !== null ? [[pair.reservationId, pair] as const] : [],
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
        ? [`a key's row has the reference ${cardReference}, which belongs to another card`]
        : []),
      ...(pair !== undefined && pair.internalToken !== token
        ? [`pair ${pair.pairId} was used by a key's reservation for another card than the key's`]
        : []),
    ];
  });
}

/**
 * A caller gets "another body" only when it has sent one itself. The names of keys contain the
 * caller, so a key that was sent with one card cannot be in conflict with itself.
 */
export function conflictsBetweenCallers({ answers, keyUses }: Evidence): string[] {
  const cards = new Map<string, Set<string>>();
  for (const { idempotencyKey, card } of keyUses)
    cards.set(idempotencyKey, (cards.get(idempotencyKey) ?? new Set()).add(card));
  return answers
    .filter(
      ({ code, idempotencyKey }) =>
        code === 'idempotency-conflict' && idempotencyKey !== undefined && (cards.get(idempotencyKey)?.size ?? 0) < 2,
    )
    .map(({ idempotencyKey }) => `key ${idempotencyKey} was in conflict with the key of another caller`);
}
