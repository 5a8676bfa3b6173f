import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A copy of this release's SQL files, which a test changes into an invented next release. */
export interface ReleaseCopy {
  readonly directory: string;
  write(file: string, text: string): Promise<void>;
  remove(file: string): Promise<void>;
  /** Deletes the copy. */
  discard(): Promise<void>;
}

export async function copyRelease(): Promise<ReleaseCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'release-'));
  for (const folder of ['migrations', 'functions']) {
    await cp(join('lambdas/pool', folder), join(directory, folder), { recursive: true });
  }
  await mkdir(join(directory, 'indexes'));
  return {
    directory,
    write: (file, text) => writeFile(join(directory, file), text),
    remove: (file) => rm(join(directory, file)),
    discard: () => rm(directory, { recursive: true, force: true }),
  };
}

const PREVIOUS = 'test/integration/previous-release/functions';

/**
 * A copy of the SQL files of the previous release: without the migrations and functions of this
 * one, and with its own texts of the functions that this one changed.
 */
export async function copyPreviousRelease(): Promise<ReleaseCopy> {
  const release = await copyRelease();
  await release.remove('migrations/006.do.pair-form-by-profile.sql');
  await rm(join(release.directory, 'functions/forms'), { recursive: true });
  for (const file of await readdir(PREVIOUS, { recursive: true })) {
    if (file.endsWith('.sql')) await cp(join(PREVIOUS, file), join(release.directory, 'functions', file));
  }
  return release;
}
