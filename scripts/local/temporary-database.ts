import { join } from 'node:path';
import { type EmbeddedDatabase, type EmbeddedDatabaseOptions, startEmbeddedDatabase } from './embedded-database.ts';
import { DATABASE_FOLDER, makeTemporaryFolder } from './temporary-folder.ts';

export interface TemporaryDatabaseOptions extends Omit<EmbeddedDatabaseOptions, 'directory' | 'removeAtEnd'> {
  /** The purpose, which is a part of the name of the folder. */
  readonly purpose: string;
  /** The parent of the folder; by default the temporary folder of the system. */
  readonly root?: string;
}

/**
 * Starts an empty database. Its files are removed when it is stopped, or when this process ends.
 * Throws CannotStart.
 */
export async function startTemporaryDatabase(options: TemporaryDatabaseOptions): Promise<EmbeddedDatabase> {
  const { purpose, root, ...rest } = options;
  const folder = await makeTemporaryFolder(purpose, root);
  const directory = join(folder.path, DATABASE_FOLDER);
  try {
    const database = await startEmbeddedDatabase({ ...rest, directory, removeAtEnd: folder.path });
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
