import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import postgres from 'postgres';
import { CannotStart } from './cannot-start.ts';

/** Where one local installation keeps its files. */
export interface StateDirectory {
  readonly path: string;
  /** Removes it, if it was only for this run. */
  dispose(): void;
}

/** DATA_DIR; or one that belongs to the given DATABASE_URL; or one that goes with the process. */
export function openStateDirectory(dataDir: string | undefined, databaseUrl: string | undefined): StateDirectory {
  if (dataDir !== undefined) return kept(resolve(dataDir));
  if (databaseUrl !== undefined) {
    return kept(resolve('.local', createHash('sha256').update(databaseUrl).digest('hex').slice(0, 16)));
  }
  const path = mkdtempSync(join(tmpdir(), 'card-tokenization-pool-'));
  // PostgreSQL refuses to run as root: the user it runs as must be able to pass through.
  chmodSync(path, 0o711);
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) };
}

function kept(path: string): StateDirectory {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new CannotStart(
      `The data directory ${path} cannot be made: ${error instanceof Error ? error.message : 'unknown'}.`,
    );
  }
  return { path, dispose: () => undefined };
}

/** The key of the keyed hashes, made once for each installation. */
export function openSecret(directory: string): string {
  const path = join(directory, 'idempotency-secret');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 });
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
      if (existsSync(journalPath)) return standing.id;
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
