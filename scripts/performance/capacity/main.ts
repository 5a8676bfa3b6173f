import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { deployedParts } from './deployed-parts.ts';
import { growthAt } from './growth.ts';
import { measureLogVolume } from './measure-log-volume.ts';
import { measureStorage } from './measure-storage.ts';
import { monthlyCost, totalOf } from './monthly-cost.ts';
import { costTable, growthTable, logTable, storageNote, storageTable } from './report.ts';

const ENVIRONMENT_NAMES = Object.keys(ENVIRONMENTS);

const USAGE = `npm run capacity -- [options]

Measures the storage of a pair and the logs of a request, and computes the tables of
docs/capacity.md and docs/cost.md. Takes about four minutes.

  --env NAME   the environment of the costs: ${ENVIRONMENT_NAMES.join(', ')} (prod)
  --pairs N    number of measured pairs, at least 1000 (200000)
  --help       prints this text
`;

const values = beginProgram({
  usage: USAGE,
  parse(args) {
    const given = parseOptions(args, {
      env: { type: 'string', default: 'prod' },
      pairs: { type: 'string', default: '200000' },
    });
    if (given === null) return null;
    const faults: string[] = [];
    if (!ENVIRONMENT_NAMES.includes(given.env)) faults.push(`--env must be one of ${ENVIRONMENT_NAMES.join(', ')}.`);
    if (!/^\d{4,9}$/.test(given.pairs) || Number(given.pairs) < 1_000) {
      faults.push('--pairs must be a whole number of at least 1000.');
    }
    if (faults.length > 0) throw new InvalidArguments(faults);
    return given;
  },
});
const pairs = Number(values.pairs);
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const CARDS_PER_DAY = [50_000, 100_000, 1_000_000, 10_000_000] as const;
const LIMITS = { tomePerSecond: 250, mappingPerSecond: 80 } as const;

const storage = await measureStorage(pairs, print);
print(`\n${storageTable(storage)}\n\n${storageNote(storage)}\n`);
const logs = await measureLogVolume();
print(`${logTable(logs)}\n`);
print(`${growthTable(CARDS_PER_DAY.map((cardsPerDay) => growthAt(cardsPerDay, storage, LIMITS)))}\n`);

print(`synthesizing the environment ${values.env}`);
const parts = await deployedParts(values.env);
print(JSON.stringify(parts));
const units = {
  bytesPerPair: storage.total,
  logBytesPerCard: logs.create + logs.detokenize,
  logBytesPerJobRun: logs.jobRun,
};
const month = (cardsPerDay: number, storedPairs: number) => monthlyCost(parts, { cardsPerDay, storedPairs }, units);
print(
  `\n${costTable([
    { name: 'idle', lines: month(0, 0) },
    { name: '100,000 cards a day, first month', lines: month(100_000, 0) },
    { name: '100,000 cards a day, after a year', lines: month(100_000, 36_500_000) },
  ])}\n`,
);
for (const cardsPerDay of CARDS_PER_DAY) {
  const dollars = totalOf(month(cardsPerDay, cardsPerDay * 365));
  const each = (dollars / (cardsPerDay * 30)) * 1_000;
  print(
    `${cardsPerDay.toLocaleString('en-US')} cards a day after a year: $${dollars.toFixed(0)} a month, $${each.toFixed(2)} for a thousand cards`,
  );
}
