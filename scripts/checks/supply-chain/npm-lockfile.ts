import { readFileSync } from 'node:fs';

const ROOT = 'package-lock.json';

/** One package that `npm ci` can install, on this or on another platform. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder, as the lockfile names it. */
  readonly path: string;
  /** `null` where the lockfile states none. */
  readonly license: string | null;
  readonly integrity: string | null;
  /** Whether it lies inside the archive of the package around it, whose integrity covers it. */
  readonly isBundled: boolean;
  /** Whether it is a tool: neither it nor what needs it is part of a deployed function. */
  readonly isTool: boolean;
  /** Where it comes from, when that is not the registry that npm is configured with. */
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

/** All packages of package-lock.json but the project itself. */
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

/** What stands in the lockfile without proof that the installed bytes are the ones that were locked. */
export function unprovenPackages(packages: readonly LockedPackage[]): readonly string[] {
  return packages
    .filter(({ integrity, isBundled, resolved }) => {
      const isHashed = integrity?.startsWith('sha512-') === true;
      return (!isHashed && !isBundled) || resolved !== null;
    })
    .map(({ path }) => path);
}
