import { readFileSync, writeFileSync } from 'node:fs';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { type BenchResults, FIGURES_PAGE, withFigures } from './page-figures.ts';

const USAGE = `npm run bench:page

Copies the figures of bench-results.json into ${FIGURES_PAGE}.
`;

beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}) });
const results = JSON.parse(readFileSync('bench-results.json', 'utf8')) as BenchResults;
writeFileSync(FIGURES_PAGE, withFigures(readFileSync(FIGURES_PAGE, 'utf8'), results));
