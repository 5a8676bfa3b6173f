import type { BenchPart } from './bench-part.ts';
import { type BenchDatabase, refill } from './bench-server.ts';
import { closedLoop, type Work } from './client-load.ts';
import { bareUpdate, createYardsticks, twoBareUpdates } from './designs.ts';
import { median } from './report.ts';
import { TRIED, type TriedDesign } from './tried-designs.ts';

const CLIENTS = 64;
const SECONDS = 2;
const ROUNDS = 3;
/** More than any design takes in a second. */
const MOST_PER_SECOND = 16_000;

/** Designs that were weighed against the shipped one, in turns with the limits. No goal rests on them. */
export const triedPart: BenchPart = {
  name: 'tried',
  isExtra: true,
  async run({ server, progress }) {
    const limits = await server.createDatabase();
    await createYardsticks(limits.sql);
    const yards: { readonly design: TriedDesign; readonly database: BenchDatabase; readonly found: Found }[] = [];
    for (const design of TRIED) {
      const database = await server.createDatabase();
      await database.sql.unsafe(design.setup);
      yards.push({ design, database, found: { reserve: [], reserveAndMark: [] } });
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { design, database, found } of yards) {
        const measure = async (ours: Work, limit: Work): Promise<number> => {
          const bare = await closedLoop(limits.address, { clients: CLIENTS, seconds: SECONDS / 2, work: limit });
          await refill(database.sql, SECONDS * MOST_PER_SECOND);
          if (design.shelve !== undefined) await database.sql.unsafe(design.shelve);
          await database.sql.unsafe('CHECKPOINT');
          return (await closedLoop(database.address, { clients: CLIENTS, seconds: SECONDS, work: ours })) / bare;
        };
        found.reserve.push(await measure(design.reserve, bareUpdate));
        found.reserveAndMark.push(await measure(design.reserveAndMark, twoBareUpdates));
        progress(
          `${design.name}: reserve ${median(found.reserve).toFixed(2)}, with mark used ${median(found.reserveAndMark).toFixed(2)} of the limit`,
        );
      }
    }
    return { ratios: {}, details: yards.map(({ design, found }) => ({ design: design.name, ...found })) };
  },
};

interface Found {
  readonly reserve: number[];
  readonly reserveAndMark: number[];
}
