import type { Caller } from './callers/caller.ts';
import type { CardNumber } from './model/card-number.ts';
import type { ReferenceRules, UNACCEPTABLE_REFERENCES } from './model/reference-rules.ts';
import type { RecordDisclosure } from './ports/audit.ts';
import type { Clock } from './ports/clock.ts';
import type { IdempotencyClaim, PairStore } from './ports/pair-store.ts';
import type { Tome, TomeCall } from './ports/tome.ts';
import type { RequestContext } from './tokenizer.ts';

/** What happened during a request, for metrics and logs. */
export type TokenizerEvent =
  | 'card-created'
  | 'pool-empty'
  | 'direct-path'
  | 'card-already-bound'
  | 'pair-adopted'
  | 'pair-repaired'
  | 'pair-contradicted'
  | 'repair-postponed'
  | 'outcome-unknown'
  | 'reservation-released'
  | 'reservation-quarantined'
  | 'key-not-released'
  | 'reference-odd'
  | 'candidate-lost';

/** What calls to NS2 about references need. */
export interface ReferenceDependencies extends ReferenceRules {
  readonly tome: Tome;
  readonly unacceptableReferences: (typeof UNACCEPTABLE_REFERENCES)[number];
  readonly report: (event: TokenizerEvent, context: RequestContext, cause?: unknown) => void;
}

export interface DirectDependencies extends ReferenceDependencies {
  readonly recordDisclosure: RecordDisclosure;
}

export interface PooledDependencies extends DirectDependencies {
  /** Bound to the request's deadline: no statement runs longer. */
  readonly store: PairStore;
  readonly clock: Clock;
  /** Returns a new random UUID for each reservation. */
  readonly newReservationId: () => string;
  /**
   * Keyed hashes of key and body. They include the caller, so keys of two callers are independent.
   */
  readonly claimOf: (idempotencyKey: string, cardNumber: CardNumber, caller: Caller) => IdempotencyClaim;
}

/**
 * The dependencies of all requests. Each request gets its own store, because it has its own
 * deadline.
 */
export interface PooledParts extends Omit<PooledDependencies, 'store'> {
  /** `deadlineMs`: monotonic time (ms, of the injected clock). */
  readonly storeUntil: (deadlineMs: number) => PairStore;
}

export const liveCall = (context: RequestContext): TomeCall => ({
  deadlineMs: context.deadlineMs,
  lane: 'live',
  correlationId: context.correlationId,
});
