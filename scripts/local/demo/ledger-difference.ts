import type { LedgerSummary } from '../../simulator/ledger.ts';

export interface LaneCounts {
  readonly live: number;
  readonly batch: number;
  /** Calls without a lane, if the profile of TOME has no header for it. */
  readonly unknown: number;
}

/**
 * Returns a function that counts the calls to TOME since its last call. The first count starts now
 * or at the start of the ledger.
 */
export async function callCounter(
  tomeUrl: string,
  since: 'now' | 'from the start' = 'now',
): Promise<() => Promise<LaneCounts>> {
  const read = async (): Promise<LaneCounts> => {
    const { calls } = (await (await fetch(`${tomeUrl}/_control/ledger`)).json()) as LedgerSummary;
    const sum = (lane: string): number =>
      calls.filter((call) => call.lane === lane).reduce((total, { count }) => total + count, 0);
    return { live: sum('live'), batch: sum('batch'), unknown: sum('unknown') };
  };
  let before = since === 'now' ? await read() : { live: 0, batch: 0, unknown: 0 };
  return async () => {
    const now = await read();
    const difference = {
      live: now.live - before.live,
      batch: now.batch - before.batch,
      unknown: now.unknown - before.unknown,
    };
    before = now;
    return difference;
  };
}
