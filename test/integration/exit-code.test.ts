import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('a process that has started a database ends with its own exit code, so that a run with a failed test fails', () => {
  const script = `
    const { startEmbeddedDatabase } = await import('./scripts/local/embedded-database.ts');
    if (typeof startEmbeddedDatabase === 'function') process.exitCode = 3;
  `;
  expect(spawnSync(process.execPath, ['--input-type=module', '--eval', script]).status).toBe(3);
});
