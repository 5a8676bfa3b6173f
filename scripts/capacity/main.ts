import { parseArgs } from 'node:util';
import { deployedParts } from './deployed-parts.ts';
import { growthAt } from './growth.ts';
import { measureLogVolume } from './measure-log-volume.ts';
import { measureStorage } from './measure-storage.ts';
import { monthlyCost, totalOf } from './monthly-cost.ts';
import { costTable, growthTable, logTable, storageNote, storageTable } from './report.ts';

/** `npm run capacity`: measures what a pair and a request leave behind, and does the arithmetic of docs/capacity.md and docs/cost.md. */
const { values } = parseArgs({
  options: { env: { type: 'string', default: 'prod' }, pairs: { type: 'string', default: '200000' } },
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1_000) {
  process.stderr.write('--pairs must be a whole number of at least 1000.\n');
  process.exit(2);
}
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const CARDS_PER_DAY = [50_000, 100_000, 1_000_000, 10_000_000] as const;
const LIMITS = { tomePerSecond: 250, mappingPerSecond: 80 } as const;

const storage = await measureStorage(pairs, say);
say(`\n${storageTable(storage)}\n\n${storageNote(storage)}\n`);
const logs = await measureLogVolume();
say(`${logTable(logs)}\n`);
say(`${growthTable(CARDS_PER_DAY.map((cardsPerDay) => growthAt(cardsPerDay, storage, LIMITS)))}\n`);

say(`the environment ${values.env} is synthesized`);
const parts = deployedParts(values.env);
say(JSON.stringify(parts));
const units = {
  bytesPerPair: storage.total,
  logBytesPerCard: logs.create + logs.detokenize,
  logBytesPerJobRun: logs.jobRun,
};
const month = (cardsPerDay: number, storedPairs: number) => monthlyCost(parts, { cardsPerDay, storedPairs }, units);
say(
  `\n${costTable([
    { name: 'idle', lines: month(0, 0) },
    { name: '100,000 cards a day, first month', lines: month(100_000, 0) },
    { name: '100,000 cards a day, after a year', lines: month(100_000, 36_500_000) },
  ])}\n`,
);
for (const cardsPerDay of CARDS_PER_DAY) {
  const dollars = totalOf(month(cardsPerDay, cardsPerDay * 365));
  const each = (dollars / (cardsPerDay * 30)) * 1_000;
  say(
    `${cardsPerDay.toLocaleString('en-US')} cards a day after a year: $${dollars.toFixed(0)} a month, $${each.toFixed(2)} a thousand cards`,
  );
}
