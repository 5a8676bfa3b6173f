import { join } from 'node:path';
import { type EmbeddedDatabase, type EmbeddedDatabaseOptions, startEmbeddedDatabase } from './embedded-database.ts';
import { DATABASE_FOLDER, makeTemporaryFolder } from './temporary-folder.ts';

export interface TemporaryDatabaseOptions extends Omit<EmbeddedDatabaseOptions, 'directory' | 'removeAtEnd'> {
  /** What it is for: a part of its folder's name. */
  readonly purpose: string;
  /** Where its folder is made: the system's temporary folder, where nothing else is said. */
  readonly root?: string;
}

/** An empty database whose files are gone once it is stopped, or once this process is. Throws CannotStart. */
export async function startTemporaryDatabase(options: TemporaryDatabaseOptions): Promise<EmbeddedDatabase> {
  const { purpose, root, ...others } = options;
  const folder = await makeTemporaryFolder(purpose, root);
  const directory = join(folder.path, DATABASE_FOLDER);
  try {
    const database = await startEmbeddedDatabase({ ...others, directory, removeAtEnd: folder.path });
    return {
      ...database,
      async stop() {
        await database.stop();
        await folder.remove();
      },
    };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
