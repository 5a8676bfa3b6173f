import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundle, bundleAll } from '../../scripts/performance/bundles/bundle-sizes.ts';

let bundles: readonly Bundle[];
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ bundles, remove } = await bundleAll());
});

afterAll(() => remove());

test('the bundle of an API function is smaller than 200 KB and that of a job smaller than 600 KB', () => {
  expect(bundles.filter(({ bytes, limitBytes }) => bytes >= limitBytes)).toEqual([]);
});

test('every function has a size limit, and the five API functions have the smaller one', () => {
  expect(bundles).toHaveLength(11);
  expect(bundles.filter(({ limitBytes }) => limitBytes === 200_000)).toHaveLength(5);
});
