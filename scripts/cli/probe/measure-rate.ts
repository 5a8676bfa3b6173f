import type { ProbeTime } from './probe-time.ts';
import type { TomeCalls } from './tome-calls.ts';

/** Calls that are open at any moment. */
const AT_ONCE = 40;

/** Milliseconds in which answers are counted, after the first refusal. */
const WINDOW_MS = 3_000;

/** The most calls of a measurement: above this rate no limit matters to the product. */
const MOST_CALLS = 6_000;

/**
 * Calls a second that TOME admits while it refuses others: it is called as fast as it answers, and
 * the answers other than 429 in a few seconds are counted. Two digits of the number are exact
 * enough, because other callers share the limit. `null` when nothing was refused.
 */
export async function measureRate(
  tome: TomeCalls,
  source: string,
  time: Pick<ProbeTime, 'monotonicMs'>,
): Promise<number | null> {
  let startedMs: number | null = null;
  let isOver = false;
  let admitted = 0;
  let sent = 0;
  const callUntilEnd = async (): Promise<void> => {
    while (!isOver && sent < MOST_CALLS) {
      sent += 1;
      const { status } = await tome.send({ namespace: 'ns1', operation: 'lookup', body: { source } });
      const nowMs = time.monotonicMs();
      if (startedMs === null) {
        if (status === 429) startedMs = nowMs;
      } else if (nowMs - startedMs >= WINDOW_MS) isOver = true;
      else if (status !== 429) admitted += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, callUntilEnd));
  return isOver ? twoDigits((admitted * 1_000) / WINDOW_MS) : null;
}

/** 248.3 as 250. */
const twoDigits = (rate: number): number => Math.max(1, Number(rate.toPrecision(2)));
