import type { StorageFigures } from './measure-storage.ts';

export interface Growth {
  readonly cardsPerDay: number;
  /** Creations a second on average and in the busiest hour. */
  readonly average: number;
  readonly busiestHour: number;
  /**
   * `tokenize` calls a second in the busiest hour: one for the card, and one for the pair that
   * replaces its pair.
   */
  readonly tokenizeInBusiestHour: number;
  /** Share of the calls that TOME allows in a day. */
  readonly shareOfDay: number;
  /** Pairs used in half an hour of the busiest hour. */
  readonly coverOf30Minutes: number;
  /** Hours of mapping a day at the rate limit of the prefetch. */
  readonly mappingHours: number;
  readonly pairsPerYear: number;
  readonly gbPerYear: number;
  readonly indexGbPerYear: number;
  readonly indexLevelsAfterYear: number;
}

/**
 * Share of the cards of a day in its busiest hour, from the curve of `npm run load -- --profile
 * day`.
 */
const BUSIEST_HOUR = 0.084;
const PAGE_BYTES = 8_192;

/**
 * Computes what so many cards a day need. `tomePerSecond`: the limit of TOME for one endpoint;
 * `mappingPerSecond`: the rate limit of the prefetch.
 */
export function growthAt(
  cardsPerDay: number,
  storage: Pick<StorageFigures, 'total' | 'table' | 'indexes' | 'indexFanout'>,
  { tomePerSecond, mappingPerSecond }: { readonly tomePerSecond: number; readonly mappingPerSecond: number },
): Growth {
  const busiestHour = (cardsPerDay * BUSIEST_HOUR) / 3_600;
  const pairsPerYear = cardsPerDay * 365;
  const largestIndex = Math.max(...Object.values(storage.indexes));
  const leaves = (pairsPerYear * largestIndex) / PAGE_BYTES;
  return {
    cardsPerDay,
    average: cardsPerDay / 86_400,
    busiestHour,
    tokenizeInBusiestHour: 2 * busiestHour,
    shareOfDay: (2 * cardsPerDay) / (tomePerSecond * 86_400),
    coverOf30Minutes: busiestHour * 1_800,
    mappingHours: cardsPerDay / mappingPerSecond / 3_600,
    pairsPerYear,
    gbPerYear: (pairsPerYear * storage.total) / 1e9,
    indexGbPerYear: (pairsPerYear * (storage.total - storage.table)) / 1e9,
    indexLevelsAfterYear: 1 + Math.ceil(Math.log(leaves) / Math.log(storage.indexFanout)),
  };
}
