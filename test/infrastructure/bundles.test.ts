import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionNames, routeNames } from '../../lambdas/function-names.ts';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import { type Bundle, bundleAll } from '../../scripts/performance/bundles/bundle-sizes.ts';

let bundles: readonly Bundle[];
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ bundles, remove } = await bundleAll());
});

afterAll(() => remove());

test('the bundle of an API function is smaller than 240 KB and that of a job smaller than 600 KB', () => {
  expect(bundles.filter(({ bytes, limitBytes }) => bytes >= limitBytes)).toEqual([]);
});

test('every function has a size limit, and the API functions have the smaller one', () => {
  expect(bundles.map(({ name }) => name)).toEqual(functionNames());
  const small = bundles.filter(({ limitBytes }) => limitBytes === 240_000);
  expect(small.map(({ name }) => name)).toEqual(routeNames());
});

test('only the jobs that use the rights of functions carry the table of all functions', () => {
  const { description } = FUNCTIONS.pool;
  const carriers = bundles.filter(({ file }) => readFileSync(file, 'utf8').includes(description));
  expect(carriers.map(({ name }) => name)).toEqual(['fence-restored', 'migrate']);
});
