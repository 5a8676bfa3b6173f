import type { IdempotencyClaim, Reservation } from './ports/pair-store.ts';
import type { RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';
import { TomeError } from './tome-errors.ts';

/** Whether NS1 answers that the pair's token is bound to no card. */
export const isUnbound = (
  { tome }: PooledDependencies,
  { internalToken }: Reservation,
  context: RequestContext,
): Promise<boolean> =>
  tome.ns1.detokenize(internalToken, liveCall(context)).then(
    (cardNumber) => cardNumber === null,
    (error: unknown) => {
      if (error instanceof TomeError) return false;
      throw error;
    },
  );

/**
 * Makes the pair of a card that has another token available again, if no card can be bound to its
 * token. Otherwise, or when another request has taken the key over, the pair is quarantined.
 */
export async function releaseOrQuarantine(
  { store, report }: PooledDependencies,
  { reservation, claim }: { readonly reservation: Reservation; readonly claim: IdempotencyClaim | null },
  context: RequestContext,
  isPairUnused: boolean,
): Promise<void> {
  const isReleased = isPairUnused && (await store.release(reservation, 'card-already-bound', claim));
  if (!isReleased) await store.quarantineReservation(reservation, 'card-already-bound');
  report(isReleased ? 'reservation-released' : 'reservation-quarantined', context);
}
