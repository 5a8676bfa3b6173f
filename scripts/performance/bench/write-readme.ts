import { readFileSync, writeFileSync } from 'node:fs';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { type BenchResults, withFigures } from './readme-figures.ts';

const USAGE = `npm run bench:readme

Copies the figures of bench-results.json into the README.
`;

/** `npm run bench:readme`: copies the figures of `bench-results.json` into the README. */
beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}) });
const results = JSON.parse(readFileSync('bench-results.json', 'utf8')) as BenchResults;
writeFileSync('README.md', withFigures(readFileSync('README.md', 'utf8'), results));
