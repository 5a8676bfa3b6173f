import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'locked-node-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('locked-node.mjs runs a script as the main module, with its arguments, and exits with its code', () => {
  const script = join(folder, 'script.ts');
  writeFileSync(
    script,
    'const words: string[] = process.argv.slice(1);\nconsole.log(JSON.stringify([import.meta.main, ...words]));\nprocess.exitCode = 3;\n',
  );
  const { status, stdout } = spawnSync(process.execPath, ['scripts/locked-node.mjs', script, '--option', 'a b'], {
    encoding: 'utf8',
  });
  expect([status, JSON.parse(stdout)]).toEqual([3, [true, script, '--option', 'a b']]);
});

test('every npm script that runs Node uses locked-node.mjs', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const commands = Object.values(scripts).flatMap((script) => script.split(' && '));
  const ofNode = commands.filter((command) => /\.(ts|mjs)\b/.test(command));
  expect(ofNode.length).toBeGreaterThan(15);
  expect(ofNode.filter((command) => !command.startsWith('node scripts/locked-node.mjs '))).toEqual([]);
});
