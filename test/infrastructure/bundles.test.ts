import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionNames, isRoute, routeNames } from '../../lambdas/function-names.ts';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import { type Bundle, bundleAll } from '../../scripts/performance/bundles/bundle-sizes.ts';

let bundles: readonly Bundle[];
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ bundles, remove } = await bundleAll());
});

afterAll(() => remove());

test('each bundle is smaller than its limit', () => {
  expect(bundles.filter(({ bytes, limitBytes }) => bytes >= limitBytes)).toEqual([]);
});

test('the limit is 600 KB for a job, 200 KB for an API function, and 240 KB for one that calls TOME', () => {
  expect(bundles.map(({ name }) => name)).toEqual(functionNames());
  const limited = (bytes: number) => bundles.filter(({ limitBytes }) => limitBytes === bytes).map(({ name }) => name);
  expect(limited(200_000)).toEqual(routeNames().filter((name) => !FUNCTIONS[name].access.tome));
  expect(limited(240_000)).toEqual(routeNames().filter((name) => FUNCTIONS[name].access.tome));
  expect(limited(600_000)).toEqual(functionNames().filter((name) => !isRoute(name)));
});

test('only the jobs that use the rights of functions carry the table of all functions', () => {
  const { description } = FUNCTIONS.pool;
  const carriers = bundles.filter(({ file }) => readFileSync(file, 'utf8').includes(description));
  expect(carriers.map(({ name }) => name)).toEqual(['fence-restored', 'migrate']);
});
