import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { outputFileFault } from '../../program/output-file.ts';
import { beginProgram } from '../../program/run-program.ts';
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

const USAGE = `npm run bench -- [options]

Measures each goal against its limit on the same server, in about six minutes, and writes
${RESULTS_FILE}.

  --full        takes longer, and uses ten million used pairs
  --only NAME   runs one part and writes no file. The parts are
                ${PARTS.map(({ name }) => name).join(', ')}
  --out FILE    the file of the results
  --help        prints this text
`;

const values = beginProgram({
  usage: USAGE,
  parse(args) {
    const given = parseOptions(args, {
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      out: { type: 'string' },
    });
    if (given?.only !== undefined && !PARTS.some(({ name }) => name === given.only)) {
      throw new InvalidArguments([`--only must name a part: ${PARTS.map(({ name }) => name).join(', ')}.`]);
    }
    const outputFault = outputFileFault(given?.out ?? RESULTS_FILE);
    if (outputFault !== null) throw new InvalidArguments([outputFault]);
    return given;
  },
});
const parts = PARTS.filter(({ name, isExtra }) =>
  values.only === undefined ? values.full || isExtra !== true : name === values.only,
);

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
