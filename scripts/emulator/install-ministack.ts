import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CannotStart } from '../program/cannot-start.ts';

const run = promisify(execFile);

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const REQUIREMENTS = join(PROJECT, 'scripts/emulator/requirements.txt');

/** An installation downloads about 20 MB. */
const INSTALL_LIMIT_MS = 300_000;

/** A Python interpreter, and the environment variables with which it finds MiniStack. */
export interface InstalledMinistack {
  readonly python: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Installs MiniStack into a virtual environment under `.local`, unless it exists for these
 * versions. Concurrent installations are safe. Throws CannotStart when Python, pip or the package
 * index is missing.
 */
export async function installMinistack(say: (line: string) => void): Promise<InstalledMinistack> {
  const python = await findPython();
  // A virtual environment works only with the Python version that created it.
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
    'The emulator needs Python 3.10 or later. Install it, or set AWS_ENDPOINT_URL to a running emulator.',
  );
}

/**
 * Installs under another name and then renames, so that an incomplete installation is never used.
 */
async function installInto(directory: string, python: string): Promise<void> {
  const draft = `${directory}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    const failure = (await installInVenv(draft, python)) ?? (await installInFolder(draft, python));
    if (failure !== null) {
      throw new CannotStart(
        'MiniStack could not be installed. Check that Python has pip (Debian: python3-venv) and that the ' +
          `package index is reachable. pip reported: ${failure}`,
      );
    }
    // Another process may have finished first; its installation is the same.
    await rename(draft, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Returns `null` on success, `undefined` when this Python cannot create virtual environments
 * (Debian without python3-venv), or the end of pip's error output.
 */
async function installInVenv(draft: string, python: string): Promise<string | null | undefined> {
  try {
    await run(python, ['-m', 'venv', draft]);
  } catch {
    await rm(draft, { recursive: true, force: true });
    return undefined;
  }
  return runPip([join(draft, 'bin', 'python'), '-m', 'pip', 'install']);
}

/** Installs into a plain folder, for a Python with pip but without virtual environments. */
const installInFolder = (draft: string, python: string): Promise<string | null> =>
  runPip([python, '-m', 'pip', 'install', '--target', draft]);

async function runPip([command = '', ...words]: readonly string[]): Promise<string | null> {
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
