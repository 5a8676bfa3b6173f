import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IGNORED, installedLinter, lint } from '../../../../scripts/checks/lint-templates/linter.ts';
import { pinnedRequirements } from '../../../../scripts/checks/supply-chain/python-requirements.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linter-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('a machine without Python is told what is missing', () => {
  expect(() => installedLinter({ python: join(folder, 'python-that-is-not-there'), cache: folder })).toThrow(
    'needs python3 with its venv module (Debian: apt-get install python3-venv)',
  );
});

test('a machine whose Python cannot make a virtual environment is told what it said', () => {
  const python = program('python3', 'echo "ensurepip is not available" >&2; exit 1');
  expect(() => installedLinter({ python, cache: folder })).toThrow('ensurepip is not available');
});

test('a linter that finds something, or that does not start, is not taken for one that finds nothing', () => {
  expect(lint(program('clean', 'exit 0'), ['a.template.json'])).toBe(true);
  expect(lint(program('finds', 'exit 4'), ['a.template.json'])).toBe(false);
  expect(() => lint(join(folder, 'absent'), ['a.template.json'])).toThrow('cfn-lint cannot be started');
});

test('the linter itself is among the pinned packages, and each rule that is ignored has its reason', () => {
  const names = pinnedRequirements('scripts/checks/lint-templates/requirements.txt').map(({ name }) => name);
  expect(names).toContain('cfn-lint');
  for (const reason of Object.values(IGNORED)) expect(reason.split(' ').length).toBeGreaterThan(10);
});
