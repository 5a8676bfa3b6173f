import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import postgres from 'postgres';
import { CannotStart } from '../program/cannot-start.ts';
import { makeWritableFolder } from './data-directory.ts';
import { takeOwnership } from './owner-lock.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** Where one local installation keeps its files. */
export interface StateDirectory {
  readonly path: string;
  /** Whether it goes with the process. */
  readonly isTemporary: boolean;
  /** Gives it up, and removes it if it is temporary. */
  dispose(): Promise<void> | void;
}

/**
 * DATA_DIR; or one that belongs to the given DATABASE_URL; or one that goes with the process. Throws CannotStart when it cannot be used, or
 * when another process uses it.
 */
export async function openStateDirectory(
  dataDir: string | undefined,
  databaseUrl: string | undefined,
): Promise<StateDirectory> {
  if (dataDir !== undefined) return kept(resolve(dataDir));
  if (databaseUrl !== undefined) {
    return kept(resolve('.local', createHash('sha256').update(databaseUrl).digest('hex').slice(0, 16)));
  }
  const { path, remove } = await makeTemporaryFolder('start');
  return { path, isTemporary: true, dispose: remove };
}

function kept(path: string): StateDirectory {
  makeWritableFolder(path);
  const dispose = takeOwnership(join(path, 'owner.json'), `The data directory ${path}`);
  return { path, isTemporary: false, dispose };
}

/** The key of the keyed hashes, made once for each installation. */
export function openSecret(directory: string): string {
  const path = join(directory, 'idempotency-secret');
  if (!existsSync(path)) {
    // Renamed once it is whole: a start that is killed here must leave no half of a secret.
    writeFileSync(`${path}.new`, randomBytes(32).toString('hex'), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return readFileSync(path, 'utf8');
}

/**
 * The database's own name for this installation, which the simulator's journal must carry too: TOME's memory and the pairs are kept or lost together
 * (brief 3). Throws CannotStart when the database cannot be reached, or knows pairs that the simulator has forgotten.
 */
export async function matchInstallation(databaseUrl: string, journalPath: string): Promise<string> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    await sql`CREATE SCHEMA IF NOT EXISTS local_run`;
    await sql`CREATE TABLE IF NOT EXISTS local_run.installation (id uuid NOT NULL)`;
    const [standing] = await sql<{ id: string }[]>`SELECT id FROM local_run.installation`;
    if (standing !== undefined) {
      // The journal is made after this row, so a start that was killed between the two left neither tokens nor a journal.
      if (existsSync(journalPath) || !(await knowsTokens(sql))) return standing.id;
      throw new CannotStart(
        `The database was filled together with a TOME simulator whose journal is not at ${journalPath}. Start with the DATA_DIR of that run, or with an empty database.`,
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

/** Whether the database holds a token of TOME. */
async function knowsTokens(sql: postgres.Sql): Promise<boolean> {
  for (const table of ['pair', 'unpaired_token']) {
    const [found] = await sql<{ name: string | null }[]>`SELECT to_regclass(${`public.${table}`}) AS name`;
    if (found?.name === null || found === undefined) continue;
    const [row] = await sql`SELECT 1 FROM ${sql(`public.${table}`)} LIMIT 1`;
    if (row !== undefined) return true;
  }
  return false;
}
