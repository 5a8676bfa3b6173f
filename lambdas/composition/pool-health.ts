import { readPoolGrowth, readPoolHealth, sampleLevels } from '../pool/pool-health.ts';
import { composeGauges } from '../runtime/aws/gauges.ts';
import { CLOSING_MS, type JobRun } from '../runtime/job-handler.ts';
import { readSettings } from '../runtime/settings.ts';
import { type HealthReport, type PoolHealth, reportPoolHealth } from '../tokenization/pool-health.ts';
import { composeJobDatabase } from './database.ts';
import { refillSettingsOf } from './refill-settings.ts';

/** Milliseconds a health report may take. */
const TIME_LIMIT_MS = 20_000;

/** What the health job needs (M2), wired at cold start. Throws InvalidSettings. */
export async function composeHealthReport(): Promise<{
  run: (run: JobRun) => Promise<HealthReport>;
  timeLimitMs: number;
}> {
  const settings = readSettings(['database', 'pool']);
  const publish = composeGauges(settings);
  const database = await composeJobDatabase(settings);
  return {
    async run({ deadlineMs }) {
      const statements = database.until(deadlineMs + CLOSING_MS);
      const store = {
        readHealth: () => statements.run(readPoolHealth),
        readGrowth: () => statements.run(readPoolGrowth),
        sampleLevels: (health: PoolHealth) => statements.run((sql) => sampleLevels(sql, health)),
      };
      const report = await reportPoolHealth(store, refillSettingsOf(settings));
      await publish(gaugesOf(report), deadlineMs);
      return report;
    },
    timeLimitMs: TIME_LIMIT_MS,
  };
}

/** What nobody can tell yet (no consumption, no refill) is not published, rather than as a number. */
const gaugesOf = (report: HealthReport): Record<string, number> => ({
  PoolAvailable: report.available,
  PoolStaged: report.staged,
  PoolReserved: report.reserved,
  PoolUsed: report.used,
  PoolQuarantined: report.quarantined,
  PoolTarget: report.target,
  PoolLowWater: report.lowWater,
  PoolEmpty: report.available === 0 ? 1 : 0,
  RefillWanted: report.refillWanted ? 1 : 0,
  ConsumedPerMinute: report.consumedPerMinute,
  OldestReservedSeconds: report.oldestReservedSeconds,
  OldestEventSeconds: report.oldestEventSeconds,
  QuarantinedLastHour: report.quarantinedLastHour,
  TokensLeakedLastDay: report.tokensLeakedLastDay,
  SpareTokens: report.spareTokens,
  PurgeLagSeconds: report.purgeLagSeconds,
  ...(report.minutesToEmpty === null ? {} : { MinutesToEmpty: report.minutesToEmpty }),
  ...(report.refilledPerMinute === null ? {} : { RefilledPerMinute: report.refilledPerMinute }),
});
