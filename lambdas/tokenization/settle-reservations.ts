import type { Clock } from './ports/clock.ts';
import { takeTurns } from './take-turns.ts';

/** Rows that are stored for a limited time. `purge-expired.sql` deletes the same kinds. */
export const PURGED_KINDS = [
  'idempotency-keys',
  'direct-path-seconds',
  'caller-budgets',
  'prefetch-calls',
  'unanswered-calls',
  'refill-runs',
  'pool-samples',
  'rejected-tokens',
  'expired-tokens',
] as const;

export type PurgedKind = (typeof PURGED_KINDS)[number];

/** Each method handles one batch of at most `limit` rows and returns how many rows it had. */
export interface SettlementStore {
  /** RESERVED -> QUARANTINED for reservations past the horizon. */
  settleReservations(limit: number): Promise<number>;
  /** AVAILABLE, STAGED -> QUARANTINED for pairs too close to their expiry. */
  retireExpired(limit: number): Promise<number>;
  /** Deletes rows whose retention is over. */
  purgeExpired(kind: PurgedKind, limit: number): Promise<number>;
}

export interface SettlerDependencies {
  readonly store: SettlementStore;
  readonly clock: Clock;
  /** Rows of one statement that quarantines. */
  readonly batchSize: number;
}

/** Rows that a run quarantined (`settled` reservations, `retired` pairs) and deleted, by kind. */
export type SettlingResult = Readonly<Record<'settled' | 'retired' | PurgedKind, number>>;

/** Rows of one statement that purges. */
const PURGE_BATCH_SIZE = 5_000;

/**
 * One run of the settler. It only quarantines: no timer makes a pair available again, because a
 * request that was sent can still arrive (docs/design.md#an-uncertain-pair-is-never-offered-again).
 */
export const runSettler = (
  { store, clock, batchSize }: SettlerDependencies,
  deadlineMs: number,
): Promise<SettlingResult> =>
  takeTurns<keyof SettlingResult>(
    [
      { name: 'settled', limit: batchSize, batch: () => store.settleReservations(batchSize) },
      { name: 'retired', limit: batchSize, batch: () => store.retireExpired(batchSize) },
      ...PURGED_KINDS.map((kind) => ({
        name: kind,
        limit: PURGE_BATCH_SIZE,
        batch: () => store.purgeExpired(kind, PURGE_BATCH_SIZE),
      })),
    ],
    { deadlineMs, clock },
  );
