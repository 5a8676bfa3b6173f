import type { Sql } from '../../../lambdas/pool/database/database.ts';
import type { BenchPart } from './bench-part.ts';
import { refill } from './bench-server.ts';
import { closedLoop } from './client-load.ts';
import { bareUpdate, createYardsticks, original, reserve } from './designs.ts';
import { median } from './report.ts';

/** More pairs than a slice can take: reserving has not been faster than the bare update. */
const HEADROOM = 1.3;

/** Reserving against its limit and against the users' SQL, in turns and with a checkpoint before each; medians of the turns' ratios. */
export const reservePart: BenchPart = {
  name: 'reserve',
  async run({ server, isFull, progress }) {
    const { sql, address } = await server.createDatabase();
    await createYardsticks(sql);
    const seconds = isFull ? 10 : 2;
    const rounds = isFull ? 3 : 5;
    const rates: Record<string, number[]> = {};
    const note = (name: string, rate: number): number => {
      rates[name] = [...(rates[name] ?? []), Math.round(rate)];
      return rate;
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const clients of [16, 64]) {
        await sql.unsafe('CHECKPOINT');
        const bare = note(`bare ${clients}`, await closedLoop(address, { clients, seconds, work: bareUpdate }));
        await refill(sql, Math.ceil(bare * seconds * HEADROOM));
        await sql.unsafe('CHECKPOINT');
        const ours = note(`reserve ${clients}`, await closedLoop(address, { clients, seconds, work: reserve }));
        await clearAway(sql);
        progress(`${clients} clients: bare update ${Math.round(bare)} a second, reserve ${Math.round(ours)}`);
      }
      await sql.unsafe('CHECKPOINT');
      const theirs = note('original 64', await closedLoop(address, { clients: 64, seconds, work: original }));
      progress(`64 clients: the users' SQL ${Math.round(theirs)} a second`);
    }
    const ratio = (over: string, under: string): number =>
      median((rates[over] ?? []).map((rate, round) => rate / (rates[under]?.[round] ?? Number.NaN)));
    return {
      ratios: {
        reserve16: ratio('reserve 16', 'bare 16'),
        reserve64: ratio('reserve 64', 'bare 64'),
        reserveVsOriginal64: ratio('reserve 64', 'original 64'),
      },
      details: { secondsEach: seconds, perSecond: rates },
    };
  },
};

/**
 * Open reservations do not pile up in life: what was reserved and never finished leaves the shelf before the next turn. The settler's batches are small in
 * life, too; tens of thousands at once need to be known to the planner.
 */
async function clearAway(sql: Sql): Promise<void> {
  await sql.unsafe('ANALYZE reservation');
  await sql`SELECT settle_reservations(-1, 10000000)`;
  await sql.unsafe('VACUUM reservation');
  await sql.unsafe('VACUUM available_pair');
}
