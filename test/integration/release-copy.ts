import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
