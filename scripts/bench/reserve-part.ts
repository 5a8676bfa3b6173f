import type { BenchPart } from './bench-part.ts';
import { refill } from './bench-server.ts';
import { closedLoop, type Work } from './client-load.ts';
import { bareUpdate, createYardsticks, original, reserve } from './designs.ts';
import { median } from './report.ts';

/** Reserving against its limit and against the users' SQL: interleaved, a checkpoint before each, medians. */
export const reservePart: BenchPart = {
  name: 'reserve',
  async run({ server, isFull, progress }) {
    const { sql, address } = await server.createDatabase();
    await createYardsticks(sql);
    const seconds = isFull ? 10 : 3;
    const rounds = isFull ? 5 : 3;
    const rates: Record<string, number[]> = {};
    const measure = async (name: string, work: Work, clients: number): Promise<void> => {
      if (work === reserve) await refill(sql, seconds * 22_000);
      await sql.unsafe('CHECKPOINT');
      const { rate } = await closedLoop(address, { clients, seconds, work });
      const key = `${name} ${clients}`;
      rates[key] = [...(rates[key] ?? []), rate];
      progress(`${key}: ${Math.round(rate)} a second`);
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const clients of [16, 64]) {
        await measure('bare', bareUpdate, clients);
        await measure('reserve', reserve, clients);
      }
      await measure('original', original, 64);
    }
    const ratio = (over: string, under: string): number =>
      median((rates[over] ?? []).map((rate, round) => rate / (rates[under]?.[round] ?? Number.NaN)));
    return {
      ratios: {
        reserve16: ratio('reserve 16', 'bare 16'),
        reserve64: ratio('reserve 64', 'bare 64'),
        reserveVsOriginal64: ratio('reserve 64', 'original 64'),
      },
      details: rates,
    };
  },
};
