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
    'the runtime imports composition',
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
    'deployed-code-imports-only-deployed-code',
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
])('check-import-rules reports that %s', async (_name, from, specifier, to, rule) => {
  write(from, `import { b } from '${specifier}';\nexport const a = b;\n`);
  write(to, 'export const b = 1;\n');
  expect(await importViolations(root)).toEqual([`${rule}: ${from} -> ${to}`]);
});

test("two files that import only each other's types are an import circle", async () => {
  write('scripts/a.ts', "import type { B } from './b.ts';\nexport interface A { readonly b?: B }\n");
  write('scripts/b.ts', "import type { A } from './a.ts';\nexport interface B { readonly a?: A }\n");
  expect(await importViolations(root)).toEqual([
    expect.stringMatching(/^no-cycles: scripts\/[ab]\.ts -> scripts\/[ab]\.ts$/),
  ]);
});

test('check-import-rules reports a file of deployed code that no other file imports', async () => {
  write('lambdas/runtime/a.ts', "import { b } from './b.ts';\nexport const a = b;\n");
  write('lambdas/runtime/b.ts', 'export const b = 1;\n');
  write('lambdas/runtime/alone.ts', 'export const alone = 1;\n');
  expect(await importViolations(root)).toEqual(['no-orphans: lambdas/runtime/alone.ts']);
});

test('check-import-rules reports a tree without a single import, because its parser may have failed', async () => {
  write('lambdas/tokenization/a.ts', 'export const a = 1;\n');
  expect(await importViolations(root)).toEqual([expect.stringContaining('The cruise saw')]);
});
