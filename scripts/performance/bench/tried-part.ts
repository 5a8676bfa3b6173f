import type { BenchPart } from './bench-part.ts';
import { type BenchDatabase, refill } from './bench-server.ts';
import { closedLoop, type Work } from './client-load.ts';
import { bareUpdate, createBaselines, twoBareUpdates } from './designs.ts';
import { median } from './report.ts';
import { TRIED, type TriedDesign } from './tried-designs.ts';

const CLIENTS = 64;
const SECONDS = 2;
const ROUNDS = 3;
/** More than any design takes in a second. */
const MOST_PER_SECOND = 16_000;

/**
 * Measures designs that were considered in place of the current one. They take turns with the
 * limits. They have no goal.
 */
export const triedPart: BenchPart = {
  name: 'tried',
  isExtra: true,
  async run({ server, progress }) {
    const limits = await server.createDatabase();
    await createBaselines(limits.sql);
    const candidates: { readonly design: TriedDesign; readonly database: BenchDatabase; readonly found: Measured }[] =
      [];
    for (const design of TRIED) {
      const database = await server.createDatabase();
      await database.sql.unsafe(design.setup);
      candidates.push({ design, database, found: { reserve: [], reserveAndMark: [] } });
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { design, database, found } of candidates) {
        const measure = async (work: Work, limit: Work): Promise<number> => {
          const bare = await closedLoop(limits.address, { clients: CLIENTS, seconds: SECONDS / 2, work: limit });
          await refill(database.sql, SECONDS * MOST_PER_SECOND);
          if (design.afterRefill !== undefined) await database.sql.unsafe(design.afterRefill);
          await database.sql.unsafe('CHECKPOINT');
          return (await closedLoop(database.address, { clients: CLIENTS, seconds: SECONDS, work })) / bare;
        };
        found.reserve.push(await measure(design.reserve, bareUpdate));
        found.reserveAndMark.push(await measure(design.reserveAndMark, twoBareUpdates));
        progress(
          `${design.name}: reserve ${median(found.reserve).toFixed(2)}, with mark used ${median(found.reserveAndMark).toFixed(2)} of the limit`,
        );
      }
    }
    return { ratios: {}, details: candidates.map(({ design, found }) => ({ design: design.name, ...found })) };
  },
};

interface Measured {
  readonly reserve: number[];
  readonly reserveAndMark: number[];
}
