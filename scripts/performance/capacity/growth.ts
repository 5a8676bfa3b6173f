import type { StorageFigures } from './measure-storage.ts';

export interface Growth {
  readonly cardsPerDay: number;
  /** Creations a second on the average and in the busiest hour. */
  readonly average: number;
  readonly busiestHour: number;
  /** Calls a second of TOME's tokenize in the busiest hour: one for the card, one for the pair that takes its place. */
  readonly tokenizeInBusiestHour: number;
  /** Share of what TOME's limit allows in a whole day. */
  readonly shareOfDay: number;
  /** Pairs that half an hour of the busiest hour takes. */
  readonly coverOf30Minutes: number;
  /** Hours of mapping in a day at the batch budget. */
  readonly mappingHours: number;
  readonly pairsPerYear: number;
  readonly gbPerYear: number;
  readonly indexGbPerYear: number;
  readonly indexLevelsAfterYear: number;
}

/** Share of the day's cards in its busiest hour: of the curve that `npm run load -- --profile day` takes. */
const BUSIEST_HOUR = 0.084;
const PAGE_BYTES = 8_192;

/** What so many cards a day ask for. `tomePerSecond`: TOME's limit of one endpoint; `mappingPerSecond`: the batch budget. */
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
