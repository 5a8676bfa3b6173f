import type { Growth } from './growth.ts';
import type { LogVolume } from './measure-log-volume.ts';
import type { StorageFigures } from './measure-storage.ts';
import { type CostLine, totalOf } from './monthly-cost.ts';

const short = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
const bytes = (value: number): string => value.toFixed(0);

/** The note below the table of storage. */
export const storageNote = ({
  pairs,
  otherTablesTotal,
  indexLevels,
  indexFanout,
  millisecondsOfCard,
}: StorageFigures): string =>
  [
    `With ${pairs.toLocaleString('en-US')} pairs the index on internal tokens has ${indexLevels} levels, ${indexFanout.toFixed(0)} leaves below an inner page.`,
    `All other tables are ${(otherTablesTotal / 1e6).toFixed(1)} MB together.`,
    `Reserve, mark used and relay of a card take ${millisecondsOfCard.toFixed(2)} ms of a session.`,
  ].join(' ');

/** Returns a Markdown table, so that the documents can contain the output unchanged. */
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export function storageTable(storage: StorageFigures): string {
  return table(
    ['what', 'bytes'],
    [
      ['row of the registry `pair`', bytes(storage.table)],
      ...Object.entries(storage.indexes).map(([name, size]) => [`its index \`${name}\``, bytes(size)]),
      ['**a used pair, permanently**', `**${bytes(storage.total)}**`],
      ['an idempotency key, for a day', bytes(storage.idempotencyKey)],
      ['write-ahead log of a pair prefetched', bytes(storage.walOfPrefetch)],
      ['write-ahead log of a card: reserve, mark used, relay', bytes(storage.walOfCard)],
    ],
  );
}

export const logTable = ({ create, detokenize, jobRun }: LogVolume): string =>
  table(
    ['what', 'bytes of log lines and metrics'],
    [
      ['a creation', bytes(create)],
      ['a detokenize, with its audit record', bytes(detokenize)],
      ['a run of the health, settling or relay job', bytes(jobRun)],
    ],
  );

export function growthTable(growths: readonly Growth[]): string {
  const row = (name: string, pick: (growth: Growth) => string): readonly string[] => [name, ...growths.map(pick)];
  return table(
    ['cards a day', ...growths.map(({ cardsPerDay }) => cardsPerDay.toLocaleString('en-US'))],
    [
      row('creations a second, average', ({ average }) => short(average)),
      row('creations a second, busiest hour', ({ busiestHour }) => short(busiestHour)),
      row('tokenize calls a second then (limit 250)', ({ tokenizeInBusiestHour }) => short(tokenizeInBusiestHour)),
      row("share of TOME's day", ({ shareOfDay }) => `${(shareOfDay * 100).toFixed(1)}%`),
      row('pairs of half an hour then', ({ coverOf30Minutes }) => short(coverOf30Minutes)),
      row('hours of mapping at 80 a second', ({ mappingHours }) => short(mappingHours)),
      row('pairs a year', ({ pairsPerYear }) => `${short(pairsPerYear / 1e6)} million`),
      row('GB a year', ({ gbPerYear }) => short(gbPerYear)),
      row('of which indexes', ({ indexGbPerYear }) => short(indexGbPerYear)),
      row('levels of the largest index after a year', ({ indexLevelsAfterYear }) => String(indexLevelsAfterYear)),
    ],
  );
}

/** Returns a table with one column for each month, and the calculation of the last one. */
export function costTable(months: readonly { readonly name: string; readonly lines: readonly CostLine[] }[]): string {
  const last = months.at(-1)?.lines ?? [];
  const dollars = (value: number): string => value.toFixed(2);
  return table(
    ['a month, US dollars', ...months.map(({ name }) => name), `${months.at(-1)?.name}: arithmetic`],
    [
      ...last.map(({ what, because }, index) => [
        what,
        ...months.map(({ lines }) => dollars(lines[index]?.dollars ?? 0)),
        because,
      ]),
      ['**total**', ...months.map(({ lines }) => `**${dollars(totalOf(lines))}**`), ''],
    ],
  );
}
