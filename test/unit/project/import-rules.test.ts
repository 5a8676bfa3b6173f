import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importViolations } from '../../../scripts/checks/check-import-rules.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'import-rules-'));
  cpSync('tsconfig.json', join(root, 'tsconfig.json'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test.each([
  [
    'the domain imports the pool',
    'lambdas/tokenization/a.ts',
    '../pool/b.ts',
    'lambdas/pool/b.ts',
    'tokenization-is-pure',
  ],
  [
    'a handler imports the pool',
    'lambdas/api/a.ts',
    '../pool/b.ts',
    'lambdas/pool/b.ts',
    'handlers-see-domain-and-runtime',
  ],
  [
    'the runtime imports what is composed of it',
    'lambdas/runtime/a.ts',
    '../composition/b.ts',
    'lambdas/composition/b.ts',
    'runtime-knows-no-handler',
  ],
  [
    'composition imports a handler',
    'lambdas/composition/a.ts',
    '../jobs/b.ts',
    'lambdas/jobs/b.ts',
    'composition-knows-no-handler',
  ],
  [
    'deployed code imports a script',
    'lambdas/runtime/a.ts',
    '../../scripts/b.ts',
    'scripts/b.ts',
    'deployed-code-stands-alone',
  ],
  [
    'the simulator imports the client',
    'scripts/simulator/a.ts',
    '../../lambdas/tome/b.ts',
    'lambdas/tome/b.ts',
    'simulator-shares-only-the-contract',
  ],
  [
    'a handler imports a job',
    'lambdas/api/a.ts',
    '../jobs/b.ts',
    'lambdas/jobs/b.ts',
    'handlers-see-domain-and-runtime',
  ],
])('a planted violation is caught: %s', async (_name, from, specifier, to, rule) => {
  write(from, `import { b } from '${specifier}';\nexport const a = b;\n`);
  write(to, 'export const b = 1;\n');
  expect(await importViolations(root)).toEqual([`${rule}: ${from} -> ${to}`]);
});

test('a file of deployed code that nothing touches is caught', async () => {
  write('lambdas/runtime/a.ts', "import { b } from './b.ts';\nexport const a = b;\n");
  write('lambdas/runtime/b.ts', 'export const b = 1;\n');
  write('lambdas/runtime/alone.ts', 'export const alone = 1;\n');
  expect(await importViolations(root)).toEqual(['no-orphans: lambdas/runtime/alone.ts']);
});

test('a tree in which nothing imports anything is not taken for a clean one', async () => {
  write('lambdas/tokenization/a.ts', 'export const a = 1;\n');
  expect(await importViolations(root)).toEqual([expect.stringContaining('The cruise saw')]);
});
