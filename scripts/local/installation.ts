import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import postgres from 'postgres';
import { CannotStart } from '../program/cannot-start.ts';
import { makeWritableFolder } from './data-directory.ts';
import { takeOwnership } from './owner-lock.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** The folder with the files of one local installation. */
export interface StateDirectory {
  readonly path: string;
  /** Whether the folder is removed when the process ends. */
  readonly isTemporary: boolean;
  /** Releases the folder, and removes it if it is temporary. */
  dispose(): Promise<void> | void;
}

/**
 * Opens DATA_DIR, or a folder that belongs to `databaseUrl`, or a temporary folder. Throws
 * CannotStart when the folder cannot be used, or another process uses it.
 */
export async function openStateDirectory(
  dataDir: string | undefined,
  databaseUrl: string | undefined,
): Promise<StateDirectory> {
  if (dataDir !== undefined) return openPersistentDirectory(resolve(dataDir));
  if (databaseUrl !== undefined) {
    return openPersistentDirectory(
      resolve('.local', createHash('sha256').update(databaseUrl).digest('hex').slice(0, 16)),
    );
  }
  const { path, remove } = await makeTemporaryFolder('start');
  return { path, isTemporary: true, dispose: remove };
}

function openPersistentDirectory(path: string): StateDirectory {
  makeWritableFolder(path);
  const dispose = takeOwnership(join(path, 'owner.json'), `The data directory ${path}`);
  return { path, isTemporary: false, dispose };
}

/** Returns the secret key of the HMACs. It is created once for each installation. */
export function openSecret(directory: string): string {
  const path = join(directory, 'idempotency-secret');
  if (!existsSync(path)) {
    // Written under another name and renamed, so that a start that is killed here leaves no partial
    // key.
    writeFileSync(`${path}.new`, randomBytes(32).toString('hex'), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return readFileSync(path, 'utf8');
}

/**
 * Returns the installation id that the database stores. The journal of the simulator must have the
 * same id: the bindings of TOME and the stored pairs are only valid together. Throws CannotStart
 * when the database cannot be reached, or when it has pairs but the journal is missing.
 */
export async function matchInstallation(databaseUrl: string, journalPath: string): Promise<string> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    await sql`CREATE SCHEMA IF NOT EXISTS local_run`;
    await sql`CREATE TABLE IF NOT EXISTS local_run.installation (id uuid NOT NULL)`;
    const [existing] = await sql<{ id: string }[]>`SELECT id FROM local_run.installation`;
    if (existing !== undefined) {
      // The journal is created after this row. A start that was killed between the two stored no
      // tokens.
      if (existsSync(journalPath) || !(await hasTokens(sql))) return existing.id;
      throw new CannotStart(
        `The database was filled together with a TOME simulator whose journal is not at ${journalPath}. Use the DATA_DIR of that run, or an empty database.`,
      );
    }
    const id = randomUUID();
    await sql`INSERT INTO local_run.installation (id) VALUES (${id})`;
    return id;
  } catch (error) {
    if (error instanceof CannotStart) throw error;
    throw new CannotStart(
      `The database of DATABASE_URL cannot be used: ${error instanceof Error ? error.message : 'unknown'}.`,
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Whether the database has a token of TOME. */
async function hasTokens(sql: postgres.Sql): Promise<boolean> {
  for (const table of ['pair', 'unpaired_token']) {
    const [found] = await sql<{ name: string | null }[]>`SELECT to_regclass(${`public.${table}`}) AS name`;
    if (found?.name === null || found === undefined) continue;
    const [row] = await sql`SELECT 1 FROM ${sql(`public.${table}`)} LIMIT 1`;
    if (row !== undefined) return true;
  }
  return false;
}
