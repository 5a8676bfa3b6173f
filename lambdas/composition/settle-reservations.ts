import { takeTurns } from '../pool/database/take-turns.ts';
import { PURGED_KINDS, type PurgedKind, purgeExpired, retireExpired, settleReservations } from '../pool/pool-jobs.ts';
import { CLOSING_MS, type JobRun } from '../runtime/job-handler.ts';
import { readSettings } from '../runtime/settings.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { composeJobDatabase } from './database.ts';

/**
 * Rows of each work: `settled` reservations past the horizon and `retired` pairs too near their expiry, both now in quarantine; and
 * rows that were kept for a time only, by kind.
 */
export type SettlingResult = Readonly<Record<'settled' | 'retired' | PurgedKind, number>>;

/** Milliseconds a settling run may take; each of its statements is short. */
const TIME_LIMIT_MS = 50_000;

/** Rows of one purging statement. */
const PURGE_BATCH_SIZE = 5_000;

/** What the settling job needs (M1), wired at cold start. Throws InvalidSettings. */
export async function composeSettling(): Promise<{
  run: (run: JobRun) => Promise<SettlingResult>;
  timeLimitMs: number;
}> {
  const settings = readSettings(['request', 'database', 'settle']);
  const database = await composeJobDatabase(settings);
  const { SETTLE_BATCH_SIZE: limit, RESERVATION_HORIZON_SECONDS: horizonSeconds } = settings;
  return {
    run({ deadlineMs }) {
      const statements = database.until(deadlineMs + CLOSING_MS);
      return takeTurns<keyof SettlingResult>(
        [
          {
            name: 'settled',
            limit,
            batch: () => statements.run((sql) => settleReservations(sql, horizonSeconds, limit)),
          },
          { name: 'retired', limit, batch: () => statements.run((sql) => retireExpired(sql, limit)) },
          ...PURGED_KINDS.map((name) => ({
            name,
            limit: PURGE_BATCH_SIZE,
            batch: () => statements.run((sql) => purgeExpired(sql, name, PURGE_BATCH_SIZE)),
          })),
        ],
        { deadlineMs, clock: systemClock },
      );
    },
    timeLimitMs: TIME_LIMIT_MS,
  };
}
