import { parseArgs } from 'node:util';
import { backlogsPart } from './backlogs-part.ts';
import type { BenchPart } from './bench-part.ts';
import { startBenchServer } from './bench-server.ts';
import { bulkPart } from './bulk-part.ts';
import { queuesPart } from './queues-part.ts';
import { type Ratios, table, writeResults } from './report.ts';
import { reservePart } from './reserve-part.ts';
import { servicePart } from './service-part.ts';
import { sizePart } from './size-part.ts';
import { sustainedPart } from './sustained-part.ts';
import { triedPart } from './tried-part.ts';

const PARTS: readonly BenchPart[] = [
  reservePart,
  sustainedPart,
  sizePart,
  bulkPart,
  queuesPart,
  servicePart,
  triedPart,
  backlogsPart,
];
const RESULTS_FILE = 'bench-results.json';

/** `npm run bench`: brief 6's goals, measured. `--full` takes its time; `--only NAME` runs one part and writes no file unless `--out` names one. */
const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, only: { type: 'string' }, out: { type: 'string' } },
});
const parts = PARTS.filter(({ name, isExtra }) =>
  values.only === undefined ? values.full || isExtra !== true : name === values.only,
);
if (parts.length === 0) {
  process.stderr.write(`The parts are ${PARTS.map(({ name }) => name).join(', ')}.\n`);
  process.exit(2);
}

const startedMs = performance.now();
const server = await startBenchServer();
const ratios: Ratios = {};
const details: Record<string, unknown> = {};
try {
  for (const part of parts) {
    const progress = (line: string): void => {
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      process.stdout.write(`${String(seconds).padStart(4)} s  ${part.name}: ${line}\n`);
    };
    const result = await part.run({ server, isFull: values.full, progress });
    Object.assign(ratios, result.ratios);
    details[part.name] = result.details;
  }
} finally {
  await server.close();
}
process.stdout.write(`\n${table(ratios)}\n`);
const file = values.out ?? (values.only === undefined ? RESULTS_FILE : null);
if (file !== null) writeResults(file, ratios, details, values.full);
