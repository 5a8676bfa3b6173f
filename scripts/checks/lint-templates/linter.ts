import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));

/** The folder of the installation. `npm ci` removes it with the other modules. */
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));

/** Rules of cfn-lint that are ignored, with the reason. */
export const IGNORED: Readonly<Record<string, string>> = {
  W3005:
    'CDK adds a DependsOn for the role of each function, although a reference to the role implies it. The repetition is harmless.',
  W3010:
    "The environment's record lists the zones (lib/environments/environments.ts), so that the writer and its first reader are never in one zone, and a synthesis needs no account.",
};

/** The machine lacks something that the linter needs. The message says what, and what to do. */
export class CannotLint extends Error {
  override readonly name = 'CannotLint';
}

/**
 * Returns the path of cfn-lint, in the version of requirements.txt. Installs it in its own virtual
 * environment first if necessary. Throws CannotLint.
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

/** Lints templates and prints the findings. Returns whether there were none. */
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
    const output = (error as { stderr?: string }).stderr?.trim() || String(error);
    throw new CannotLint(`cfn-lint cannot be installed: it needs ${needed}.\n${output}`, { cause: error });
  }
}
