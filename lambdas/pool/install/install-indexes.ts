import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from '../database/database.ts';

const STATEMENT = /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS ([a-z_][a-z0-9_]*)\s+ON [^;]+;?$/;

/**
 * The name of the index that a file of `indexes/` builds. Throws unless the file holds one such
 * statement.
 */
export function indexNameOf(text: string, file: string): string {
  const statement = text.replace(/^--.*$/gm, '').trim();
  const name = STATEMENT.exec(statement)?.[1];
  if (name === undefined) {
    throw new Error(
      `indexes/${file} must hold one statement: CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON table ...`,
    );
  }
  return name;
}

/**
 * Builds the indexes of `directory/*.sql` that do not exist, one after the other and outside any
 * transaction, while requests read and write. A build that failed or was cancelled leaves an
 * invalid index, which no query uses and which slows down each write, so it is dropped first.
 * Returns the names of the indexes that were built.
 */
export async function installIndexes(sql: Sql, directory: string): Promise<readonly string[]> {
  const files = (await readdir(directory).catch(noFilesWhenAbsent)).filter((file) => file.endsWith('.sql')).sort();
  const built: string[] = [];
  for (const file of files) {
    const text = await readFile(join(directory, file), 'utf8');
    const name = indexNameOf(text, file);
    const [found] = await sql<{ isValid: boolean }[]>`
      SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = to_regclass(${`public.${name}`})
    `;
    if (found?.isValid === true) continue;
    if (found !== undefined) await sql.unsafe(`DROP INDEX CONCURRENTLY public.${name}`);
    await sql.unsafe(text);
    built.push(name);
  }
  return built;
}

const noFilesWhenAbsent = (error: unknown): string[] => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
};
