import { readFileSync } from 'node:fs';

/** The requirements files. pip installs them with `--require-hashes`. */
export const REQUIREMENTS_FILES = [
  'scripts/emulator/requirements.txt',
  'scripts/checks/lint-templates/requirements.txt',
];

export interface PinnedRequirement {
  readonly name: string;
  readonly version: string;
  readonly sha256: readonly string[];
  /** The file that pins it. */
  readonly file: string;
}

/** A requirements file has a line that is not `name==version` with hashes. */
export class UnpinnedRequirement extends Error {
  override readonly name = 'UnpinnedRequirement';
}

const PINNED = /^([a-z0-9][a-z0-9._-]*)==([^\s;]+)(?:\s*;[^-]*)?((?:\s+--hash=sha256:[0-9a-f]{64})+)$/;

/**
 * Returns the packages of one requirements file. Throws UnpinnedRequirement for the first line
 * without an exact version or a hash.
 */
export function pinnedRequirements(file: string, text = readFileSync(file, 'utf8')): readonly PinnedRequirement[] {
  return text
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, version, hashes] = PINNED.exec(line.trim()) ?? [];
      if (name === undefined || version === undefined || hashes === undefined) {
        throw new UnpinnedRequirement(`${file} must pin by version and sha256: ${line.trim().slice(0, 80)}`);
      }
      return {
        name,
        version,
        sha256: [...hashes.matchAll(/sha256:([0-9a-f]{64})/g)].map(([, hash = '']) => hash),
        file,
      };
    });
}

/** Returns every Python package that a tool installs, without duplicates. */
export function pythonPackages(files: readonly string[] = REQUIREMENTS_FILES): readonly PinnedRequirement[] {
  const all = files.flatMap((file) => pinnedRequirements(file));
  return [...new Map(all.map((pinned) => [`${pinned.name} ${pinned.version}`, pinned])).values()];
}
