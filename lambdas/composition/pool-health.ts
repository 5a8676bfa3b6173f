import type { Gauges } from '../metric-names.ts';
import { readPoolGrowth, readPoolHealth, sampleLevels } from '../pool/pool-health.ts';
import { composeGauges } from '../runtime/aws/gauges.ts';
import { CLOSING_MS, type ComposedJob } from '../runtime/job-handler.ts';
import { readSettings } from '../runtime/settings.ts';
import { type HealthReport, type PoolHealth, reportPoolHealth } from '../tokenization/pool-health.ts';
import { composeJobDatabase } from './database.ts';
import { refillSettingsOf } from './refill-settings.ts';

/** Time limit of a report in milliseconds. */
const TIME_LIMIT_MS = 20_000;

/** Connects the health job with the database and CloudWatch. Throws InvalidSettings. */
export async function composePoolHealth(): Promise<ComposedJob<HealthReport>> {
  const settings = readSettings('pool-health');
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

/** A rate that is not known is not published, because any number would be wrong. */
const gaugesOf = (report: HealthReport): Gauges => ({
  PoolAvailable: report.available,
  PoolStaged: report.staged,
  PoolReserved: report.reserved,
  PoolUsed: report.used,
  PoolQuarantined: report.quarantined,
  PoolTarget: report.target,
  PoolRecommended: report.recommended,
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
