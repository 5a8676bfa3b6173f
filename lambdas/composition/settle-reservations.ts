import { purgeExpired, retireExpired, settleReservations } from '../pool/pool-jobs.ts';
import { CLOSING_MS, type ComposedJob } from '../runtime/job-handler.ts';
import { readSettings } from '../runtime/settings.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { runSettler, type SettlementStore, type SettlingResult } from '../tokenization/settle-reservations.ts';
import { composeJobDatabase } from './database.ts';

/** Time limit of a run in milliseconds. Each of its statements is short. */
const TIME_LIMIT_MS = 50_000;

/** Connects the settler with the database. Throws InvalidSettings. */
export async function composeSettleReservations(): Promise<ComposedJob<SettlingResult>> {
  const settings = readSettings('settle-reservations');
  const database = await composeJobDatabase(settings);
  const { SETTLE_BATCH_SIZE: batchSize, RESERVATION_HORIZON_SECONDS: horizonSeconds } = settings;
  return {
    run({ deadlineMs }) {
      const statements = database.until(deadlineMs + CLOSING_MS);
      const store: SettlementStore = {
        settleReservations: (limit) => statements.run((sql) => settleReservations(sql, horizonSeconds, limit)),
        retireExpired: (limit) => statements.run((sql) => retireExpired(sql, limit)),
        purgeExpired: (kind, limit) => statements.run((sql) => purgeExpired(sql, kind, limit)),
      };
      return runSettler({ store, clock: systemClock, batchSize }, deadlineMs);
    },
    timeLimitMs: TIME_LIMIT_MS,
  };
}
