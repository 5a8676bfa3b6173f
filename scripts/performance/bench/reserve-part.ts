import type { Sql } from '../../../lambdas/pool/database/database.ts';
import type { BenchPart } from './bench-part.ts';
import { refill } from './bench-server.ts';
import { closedLoop } from './client-load.ts';
import { bareUpdate, createBaselines, reserve, usualQueueQuery } from './designs.ts';
import { median } from './report.ts';

/** More pairs than a slice can take, because reserving is not faster than the bare update. */
const HEADROOM = 1.3;

/**
 * Compares reserving with its limit and with the usual queue query. They take turns, with a
 * checkpoint before each. The ratios are medians of the rounds.
 */
export const reservePart: BenchPart = {
  name: 'reserve',
  async run({ server, isFull, progress }) {
    const { sql, address } = await server.createDatabase();
    await createBaselines(sql);
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
        const reserved = note(`reserve ${clients}`, await closedLoop(address, { clients, seconds, work: reserve }));
        await removeReservations(sql);
        progress(`${clients} clients: bare update ${Math.round(bare)} a second, reserve ${Math.round(reserved)}`);
      }
      await sql.unsafe('CHECKPOINT');
      const usual = note('usual 64', await closedLoop(address, { clients: 64, seconds, work: usualQueueQuery }));
      progress(`64 clients: the usual queue query ${Math.round(usual)} a second`);
    }
    const ratio = (over: string, under: string): number =>
      median((rates[over] ?? []).map((rate, round) => rate / (rates[under]?.[round] ?? Number.NaN)));
    return {
      ratios: {
        reserve16: ratio('reserve 16', 'bare 16'),
        reserve64: ratio('reserve 64', 'bare 64'),
        reserveVsOriginal64: ratio('reserve 64', 'usual 64'),
      },
      details: { secondsEach: seconds, perSecond: rates },
    };
  },
};

/**
 * Removes the open reservations before the next round, because they do not accumulate in operation.
 * The planner needs statistics first: in operation a batch of the settler is small, here it is tens
 * of thousands of rows.
 */
async function removeReservations(sql: Sql): Promise<void> {
  await sql.unsafe('ANALYZE reservation');
  await sql`SELECT settle_reservations(-1, 10000000)`;
  await sql.unsafe('VACUUM reservation');
  await sql.unsafe('VACUUM available_pair');
}
