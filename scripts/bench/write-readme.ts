import { readFileSync, writeFileSync } from 'node:fs';
import { type BenchResults, withFigures } from './readme-figures.ts';

/** `npm run bench:readme`: copies the figures of `bench-results.json` into the README. */
const results = JSON.parse(readFileSync('bench-results.json', 'utf8')) as BenchResults;
writeFileSync('README.md', withFigures(readFileSync('README.md', 'utf8'), results));
