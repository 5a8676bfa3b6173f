import { readFileSync } from 'node:fs';

const ROOT = 'package-lock.json';

/** A package that `npm ci` can install, on this or on another platform. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder in the lockfile. */
  readonly path: string;
  /** `null` if the lockfile has none. */
  readonly license: string | null;
  readonly integrity: string | null;
  /** Whether it is inside the archive of another package, whose integrity covers it. */
  readonly isBundled: boolean;
  /** Whether it is only used by tools, so that it is not part of a deployed function. */
  readonly isTool: boolean;
  /** Its source, if that is not the configured registry. */
  readonly resolved: string | null;
}

interface Entry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly inBundle?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
}

/** Returns all packages of package-lock.json except the project itself. */
export function lockedPackages(file = ROOT): readonly LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { readonly packages: Readonly<Record<string, Entry>> };
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version ?? '',
      path,
      license: entry.license ?? null,
      integrity: entry.integrity ?? null,
      isBundled: entry.inBundle === true,
      isTool: [entry.dev, entry.optional, entry.devOptional].includes(true),
      resolved: entry.resolved ?? (entry.link === true ? path : null),
    }));
}

/** Returns the paths of packages whose content is not proven by a sha512 from the lockfile. */
export function unprovenPackages(packages: readonly LockedPackage[]): readonly string[] {
  return packages
    .filter(({ integrity, isBundled, resolved }) => {
      const isHashed = integrity?.startsWith('sha512-') === true;
      return (!isHashed && !isBundled) || resolved !== null;
    })
    .map(({ path }) => path);
}
