import type { LedgerSummary } from '../../simulator/ledger.ts';

export interface Lane {
  readonly live: number;
  readonly batch: number;
}

/** Counts TOME's calls from one look at its ledger to the next; the first from now on, or from the start. */
export async function callCounter(
  tomeUrl: string,
  since: 'now' | 'from the start' = 'now',
): Promise<() => Promise<Lane>> {
  const look = async (): Promise<Lane> => {
    const { calls } = (await (await fetch(`${tomeUrl}/_control/ledger`)).json()) as LedgerSummary;
    const sum = (lane: string): number =>
      calls.filter((call) => call.lane === lane).reduce((total, { count }) => total + count, 0);
    return { live: sum('live'), batch: sum('batch') };
  };
  let before = since === 'now' ? await look() : { live: 0, batch: 0 };
  return async () => {
    const now = await look();
    const difference = { live: now.live - before.live, batch: now.batch - before.batch };
    before = now;
    return difference;
  };
}
