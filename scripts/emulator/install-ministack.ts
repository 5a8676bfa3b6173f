import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CannotStart } from '../local/cannot-start.ts';

const run = promisify(execFile);

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const REQUIREMENTS = join(PROJECT, 'scripts/emulator/requirements.txt');

/** Milliseconds that an installation may take; it downloads some twenty megabytes. */
const INSTALL_LIMIT_MS = 300_000;

/** A Python that has MiniStack, and the variables that it needs to find it. */
export interface InstalledMinistack {
  readonly python: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * MiniStack in an environment of its own under `.local`, made when there is none for these versions. Several at once do not disturb each other. Throws
 * CannotStart with a sentence when Python, its packages or the package index is missing.
 */
export async function installMinistack(say: (line: string) => void): Promise<InstalledMinistack> {
  const python = await findPython();
  // A version's environment belongs to the Python that made it.
  const fingerprint = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(python.version).digest('hex');
  const directory = join(PROJECT, '.local', `ministack-${fingerprint.slice(0, 12)}`);
  if (!existsSync(directory)) {
    say('installing MiniStack into .local');
    await installInto(directory, python.command);
  }
  const own = join(directory, 'bin', 'python');
  return existsSync(own)
    ? { python: own, variables: {} }
    : { python: python.command, variables: { PYTHONPATH: directory } };
}

async function findPython(): Promise<{ readonly command: string; readonly version: string }> {
  const question = 'import sys; print(sys.executable, *sys.version_info[:3]); sys.exit(sys.version_info < (3, 10))';
  for (const command of ['python3', 'python']) {
    const answer = await run(command, ['-c', question]).catch(() => null);
    const [executable, ...version] = answer?.stdout.trim().split(' ') ?? [];
    if (executable !== undefined) return { command: executable, version: version.join('.') };
  }
  throw new CannotStart(
    'The emulator needs Python 3.10 or later. Install it, or name a running emulator with AWS_ENDPOINT_URL.',
  );
}

/** Under another name first, so that a half-made environment is never taken for a whole one. */
async function installInto(directory: string, python: string): Promise<void> {
  const draft = `${directory}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    const lastWords = (await inEnvironment(draft, python)) ?? (await inFolder(draft, python));
    if (lastWords !== null) {
      throw new CannotStart(
        `MiniStack could not be installed: it needs pip, or Debian's python3-venv, and the package index. pip said: ${lastWords}`,
      );
    }
    // Somebody else may have been faster; theirs is as good.
    await rename(draft, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** `null` when it is done, and `undefined` where this Python makes no environments (Debian without python3-venv); else what went wrong. */
async function inEnvironment(draft: string, python: string): Promise<string | null | undefined> {
  try {
    await run(python, ['-m', 'venv', draft]);
  } catch {
    await rm(draft, { recursive: true, force: true });
    return undefined;
  }
  return install([join(draft, 'bin', 'python'), '-m', 'pip', 'install']);
}

/** A plain folder of packages, for a Python that has pip but makes no environments. */
const inFolder = (draft: string, python: string): Promise<string | null> =>
  install([python, '-m', 'pip', 'install', '--target', draft]);

async function install([command = '', ...words]: readonly string[]): Promise<string | null> {
  try {
    const options = [
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '--only-binary=:all:',
      '--requirement',
      REQUIREMENTS,
    ];
    await run(command, [...words, ...options], { timeout: INSTALL_LIMIT_MS });
    return null;
  } catch (error) {
    return String((error as { readonly stderr?: string }).stderr ?? error)
      .trim()
      .slice(-400);
  }
}
