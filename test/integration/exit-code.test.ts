import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('a process that imports the embedded database keeps its exit code, so a failed test run exits with an error', () => {
  const script = `
    const { startEmbeddedDatabase } = await import('./scripts/local/embedded-database.ts');
    if (typeof startEmbeddedDatabase === 'function') process.exitCode = 3;
  `;
  expect(spawnSync(process.execPath, ['--input-type=module', '--eval', script]).status).toBe(3);
});
