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

test('a machine without Python gets an error that names what is missing', () => {
  expect(() => installedLinter({ python: join(folder, 'python-that-is-not-there'), cache: folder })).toThrow(
    'needs python3 with its venv module (Debian: apt-get install python3-venv)',
  );
});

test('when Python cannot create a virtual environment, the error contains the output of Python', () => {
  const python = program('python3', 'echo "ensurepip is not available" >&2; exit 1');
  expect(() => installedLinter({ python, cache: folder })).toThrow('ensurepip is not available');
});

test('lint succeeds only if the linter starts and exits with 0', () => {
  expect(lint(program('clean', 'exit 0'), ['a.template.json'])).toBe(true);
  expect(lint(program('finds', 'exit 4'), ['a.template.json'])).toBe(false);
  expect(() => lint(join(folder, 'absent'), ['a.template.json'])).toThrow('cfn-lint cannot be started');
});

test('cfn-lint is among the pinned packages, and each ignored rule has a reason', () => {
  const names = pinnedRequirements('scripts/checks/lint-templates/requirements.txt').map(({ name }) => name);
  expect(names).toContain('cfn-lint');
  for (const reason of Object.values(IGNORED)) expect(reason.split(' ').length).toBeGreaterThan(10);
});
