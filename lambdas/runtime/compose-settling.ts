import { forgetOldRequests, retireExpired, settleReservations } from '../pool/pool-jobs.ts';
import { composeJobDatabase } from './compose-database.ts';
import type { JobRun } from './job-handler.ts';
import { readSettings } from './settings.ts';
import { systemClock } from './system-clock.ts';

export interface SettlingResult {
  /** Reservations past the horizon, now in quarantine. */
  readonly settled: number;
  /** Pairs too near their tokens' expiry, now in quarantine. */
  readonly retired: number;
  readonly forgottenKeys: number;
}

/** Seconds a settling run may take; each of its statements is short. */
const TIME_LIMIT_MS = 50_000;

/** What the settling job needs (M1), wired at cold start. Throws InvalidSettings. */
export async function composeSettling(): Promise<{
  run: (run: JobRun) => Promise<SettlingResult>;
  timeLimitMs: number;
}> {
  const settings = readSettings(['request', 'database', 'settle']);
  const database = await composeJobDatabase(settings);
  const limit = settings.SETTLE_BATCH_SIZE;

  const untilNone = async (deadlineMs: number, step: () => Promise<number>): Promise<number> => {
    let total = 0;
    for (;;) {
      const done = await step();
      total += done;
      if (done < limit || systemClock.monotonicMs() >= deadlineMs) return total;
    }
  };

  return {
    async run({ deadlineMs }) {
      const statements = database.until(deadlineMs);
      const settle = () =>
        statements.run((sql) => settleReservations(sql, settings.RESERVATION_HORIZON_SECONDS, limit));
      const retire = () => statements.run((sql) => retireExpired(sql, limit));
      return {
        settled: await untilNone(deadlineMs, settle),
        retired: await untilNone(deadlineMs, retire),
        forgottenKeys: await statements.run(forgetOldRequests),
      };
    },
    timeLimitMs: TIME_LIMIT_MS,
  };
}
