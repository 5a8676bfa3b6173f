import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));

/** Where it is installed: gone with the other modules on `npm ci`. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));

/** Findings of cfn-lint that stand, and why. */
export const IGNORED: Readonly<Record<string, string>> = {
  W3005: 'CDK says of each function that it needs its role, which a reference says too. Saying it twice is harmless.',
  W3010:
    "The zones stand in the environment's record (lib/environments/environments.ts), so that the writer and its first reader never share one, and a synthesis asks no account.",
};

/** The machine lacks something that the linter needs; the message says what, and what to do. */
export class CannotLint extends Error {
  override readonly name = 'CannotLint';
}

/**
 * The path of cfn-lint, of the version that requirements.txt pins, in a virtual environment of its own, installed when it is not there yet.
 * Throws CannotLint.
 */
export function installedLinter({ python = 'python3', cache = CACHE } = {}): string {
  const version = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(cache, `cfn-lint-${version}`);
  const finished = join(folder, 'finished');
  if (!existsSync(finished)) {
    run(
      python,
      ['-m', 'venv', '--clear', folder],
      'python3 with its venv module (Debian: apt-get install python3-venv)',
    );
    const options = [
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '--only-binary=:all:',
      '--requirement',
      REQUIREMENTS,
    ];
    run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...options], 'pip and a package index that it reaches');
    writeFileSync(finished, '');
  }
  return join(folder, 'bin', 'cfn-lint');
}

/** Lints templates and prints what is found. Returns whether nothing was. */
export function lint(linter: string, templates: readonly string[]): boolean {
  const ignored = Object.keys(IGNORED).flatMap((rule) => ['--ignore-checks', rule]);
  const { status, error } = spawnSync(linter, [...ignored, '--', ...templates], { stdio: 'inherit' });
  if (error !== undefined) throw new CannotLint(`cfn-lint cannot be started: ${error.message}`);
  return status === 0;
}

function run(program: string, parameters: readonly string[], needed: string): void {
  try {
    execFileSync(program, parameters, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || String(error);
    throw new CannotLint(`Templates are linted by cfn-lint, which needs ${needed}.\n${said}`, { cause: error });
  }
}
