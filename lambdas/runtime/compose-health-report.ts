import { readPoolHealth, samplePool } from '../pool/pool-health.ts';
import type { PoolHealth } from '../tokenization/pool-health.ts';
import { planRefill } from '../tokenization/refill/refill-plan.ts';
import { composeDatabase } from './compose-database.ts';
import { gauge } from './metrics.ts';
import { refillSettingsOf } from './refill-settings.ts';
import { readSettings } from './settings.ts';

export interface HealthReport extends PoolHealth {
  readonly target: number;
  readonly lowWater: number;
  /** Whether the pool is below its low-water mark, or was found empty. */
  readonly refillWanted: boolean;
}

/** Milliseconds a health report may take. */
const TIME_LIMIT_MS = 20_000;

/** What the health job needs (M2), wired at cold start. Throws InvalidSettings. */
export async function composeHealthReport(): Promise<{ run: () => Promise<HealthReport>; timeLimitMs: number }> {
  const settings = readSettings(['domain', 'database', 'pool']);
  const database = await composeDatabase(settings);
  return {
    async run() {
      const health = await database.run(readPoolHealth);
      await database.run((sql) => samplePool(sql, health));
      const { target, lowWater } = planRefill(health, refillSettingsOf(settings));
      const report = {
        ...health,
        target,
        lowWater,
        refillWanted: health.refillRequested || health.available < lowWater,
      };
      for (const [name, value] of Object.entries(report)) {
        if (value !== null) gauge(name, { domain: settings.PRODUCER_DOMAIN }, Number(value));
      }
      return report;
    },
    timeLimitMs: TIME_LIMIT_MS,
  };
}
