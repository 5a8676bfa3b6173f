import { seededRandom } from '../../../simulator/seeded-random.ts';
import { changingArrivals } from '../arrivals.ts';
import { CardTraffic } from '../card-traffic.ts';
import { watchLevel } from '../level-samples.ts';
import type { LoadResult } from '../load-report.ts';
import { runLoad } from '../load-run.ts';
import { localTarget } from '../load-target.ts';
import { watchTome } from '../tome-watch.ts';
import type { DaySettings } from './day-model.ts';
import type { DayWithPeak } from './day-search.ts';
import { startJobClock } from './job-clock.ts';

/** Seconds of the day, without the second `to`. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const SECONDS_BEFORE = 20;
const SECONDS_AFTER = 40;

/** Returns the peak and some time around it, where the lowest level occurs. */
export const windowAround = (peakAt: number, peakSeconds: number): Window => ({
  from: peakAt - SECONDS_BEFORE,
  to: peakAt + peakSeconds + SECONDS_AFTER,
});

export interface ReplayOptions {
  readonly day: DayWithPeak;
  readonly curve: readonly number[];
  readonly window: Window;
  readonly settings: DaySettings;
  readonly progress: (line: string) => void;
}

/**
 * Settings as on AWS that differ from `npm start`: no rate limit for live calls, and the deadline
 * of a request.
 */
const AS_ON_AWS = { TOME_LIVE_CALLS_PER_SECOND: '0', REQUEST_DEADLINE_MS: '5000' };

const SAMPLE_EVERY_MS = 500;

/**
 * Replays a window of the day at its real rates against a local stack: the number of pairs from the
 * model, PostgreSQL, the simulator with the limit and latency of TOME, and jobs at the seconds of
 * their schedules. One detokenize for every ten creations checks the references. More of them would
 * only load this machine, because reads do not change the pool.
 */
export async function replayWindow({ day, curve, window, settings, progress }: ReplayOptions): Promise<LoadResult> {
  const level = day.outcome.seconds[window.from - 1]?.available ?? settings.targetMin;
  progress(`starting a local stack with ${level} pairs`);
  const target = await localTarget('scripts/performance/load/day/stack-process.ts', {
    ...AS_ON_AWS,
    DAY_FIRST_PAIRS: String(level),
  });
  try {
    if (target.tomeUrl === null) throw new Error('The local stack has no simulator address.');
    const runId = 'day';
    const tome = await watchTome(target.tomeUrl, runId);
    const traffic = new CardTraffic({
      mix: { create: 10, lookup: 0, detokenize: 1 },
      firstSerial: 1,
      runId,
      idempotencyKeys: false,
      random: seededRandom(window.from),
    });
    const rates = curve.slice(window.from, window.to).map((creations) => (creations * 11) / 10);
    const clock = startJobClock(target.url, window.from, settings);
    let sampleCount = 0;
    const watch = watchLevel(target.sender, SAMPLE_EVERY_MS, ({ second, available, staged }) => {
      if (sampleCount % 20 === 0)
        progress(`${second.toFixed(0)} of ${rates.length} s: ${available} available, ${staged} staged`);
      sampleCount += 1;
    });
    const outcome = await runLoad({ sender: target.sender, traffic, arrivals: changingArrivals(rates) });
    await watch.stop();
    clock.stop();
    for (const failure of clock.failures) progress(`a job failed: ${failure}`);
    const calls = await tome.finish();
    return {
      target: target.url,
      load: `${window.to - window.from} s of the day`,
      outcome,
      tome: calls,
      level: watch.samples,
      levelFailures: watch.failures,
    };
  } finally {
    await target.close();
  }
}
