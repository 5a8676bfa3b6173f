import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundle, bundleAll } from '../../scripts/performance/bundles/bundle-sizes.ts';

let bundles: readonly Bundle[];
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ bundles, remove } = await bundleAll());
});

afterAll(() => remove());

test('no API function weighs 200 KB or more and no job 600 KB', () => {
  expect(bundles.filter(({ bytes, limitBytes }) => bytes >= limitBytes)).toEqual([]);
});

test('every function is weighed, the five of the API by the tighter limit', () => {
  expect(bundles).toHaveLength(11);
  expect(bundles.filter(({ limitBytes }) => limitBytes === 200_000)).toHaveLength(5);
});
