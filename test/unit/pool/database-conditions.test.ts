import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONDITIONS } from '../../../lambdas/pool/database/sqlstate-conditions.ts';

test('docs/database-conditions.md lists the same conditions as the code', () => {
  const text = readFileSync('docs/database-conditions.md', 'utf8');
  const rows = [...text.matchAll(/^\| (`[^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| (\d+) \|$/gm)].map((row) =>
    row.slice(1),
  );
  expect(rows).toEqual(
    CONDITIONS.map(({ codes, meaning, retry, discard, answer }) => [
      codes.map((code) => `\`${code}\``).join(', '),
      meaning,
      retry,
      discard ? 'discarded' : 'kept',
      String(answer),
    ]),
  );
});

test('the table of conditions names each error code once', () => {
  const codes = CONDITIONS.flatMap((condition) => condition.codes);
  expect(new Set(codes).size).toBe(codes.length);
});
