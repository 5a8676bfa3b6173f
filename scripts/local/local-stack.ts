import { join } from 'node:path';
import { CannotStart } from '../program/cannot-start.ts';
import { atEnd, type End, stopIfEnding } from '../program/endings.ts';
import { DamagedJournal, ForeignJournal, JournalOfOtherProfile } from '../simulator/journal.ts';
import { FileNotWritable } from '../simulator/line-file.ts';
import { startSimulator } from '../simulator/simulator.ts';
import type { ConcurrencyLimitSettings } from './concurrency-limit.ts';
import { useDefaultEnvironment } from './default-environment.ts';
import { type EmbeddedDatabase, startEmbeddedDatabase } from './embedded-database.ts';
import { firstPrefetch } from './first-prefetch.ts';
import { freePort } from './free-port.ts';
import { loadFunctions } from './functions.ts';
import { startGateway } from './gateway.ts';
import { matchInstallation, openSecret, openStateDirectory, type StateDirectory } from './installation.ts';
import { localProfile, refuseCredentialSecret, useLocalProfile } from './local-profile.ts';
import { startLocalQueue } from './local-queue.ts';
import { localRoutes } from './local-routes.ts';
import { startSchedules } from './schedules.ts';
import { DATABASE_FOLDER } from './temporary-folder.ts';

export interface LocalStackOptions {
  /** 0 selects a free port. */
  readonly port: number;
  readonly tomePort?: number;
  readonly dataDir?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly onProgress?: (line: string) => void;
  /** Whether the jobs run on their schedules. Tests start jobs themselves. */
  readonly schedules?: boolean;
  /** Whether the pool is filled before the stack is ready. */
  readonly firstPrefetch?: boolean;
  /** Pairs of the first prefetch, if it is not the configured target. */
  readonly firstPrefetchPairs?: number;
  readonly tomeLatencyMs?: number;
  /** How many requests are processed at once, and how long the others may wait. */
  readonly concurrencyLimit?: ConcurrencyLimitSettings;
  /**
   * Whether the database was restored from a backup. The restore fence then runs before the first
   * prefetch, the jobs and the API.
   */
  readonly fenceFirst?: boolean;
}

export interface LocalStack {
  readonly url: string;
  readonly tomeUrl: string;
  readonly databaseUrl: string;
  /** Resolves with the last output of the embedded database when it ends without being stopped. */
  readonly databaseLost: Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts the whole product in one process and one database server, with the handlers that run on
 * AWS. A process can have one stack only, because functions read their settings from the
 * environment. Throws CannotStart or InvalidSettings after it has stopped everything that it had
 * started.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { onProgress = () => undefined } = options;
  const running: (() => Promise<void>)[] = [];
  const started = (end: End): void => {
    running.push(atEnd(end));
  };
  const close = async (): Promise<void> => {
    for (const end of running.splice(0).reverse()) await end();
  };
  try {
    useLocalProfile();
    refuseCredentialSecret();
    const profile = localProfile();
    // Checked first, so that the user does not wait for the first prefetch before the error.
    for (const port of [options.port, options.tomePort ?? 0]) await freePort(port);
    const state = await openStateDirectory(options.dataDir, options.databaseUrl);
    started(state.dispose);

    const database = options.databaseUrl === undefined ? await startDatabase(state, onProgress) : null;
    if (database !== null) started(database.stop);
    const databaseUrl = database?.url ?? options.databaseUrl ?? '';
    const journalPath = join(state.path, 'tome-simulator.jsonl');
    const installation = await matchInstallation(databaseUrl, journalPath);

    useDefaultEnvironment(profile);
    const simulator = await startSimulator({
      port: options.tomePort ?? 0,
      profile,
      credential: process.env['TOME_CREDENTIAL'] || undefined,
      signingKeys: {
        accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
      seed: Math.floor(Math.random() * 2 ** 31),
      switches: { latencyMs: options.tomeLatencyMs ?? 50 },
      journal: { path: journalPath, installation },
    });
    started(simulator.close);
    onProgress(
      `the TOME simulator is up at ${simulator.url}${profile.name === 'simulator' ? '' : `, as ${profile.name}`}`,
    );

    const queue = await startLocalQueue({ journalPath: join(state.path, 'card-events.jsonl') });
    started(queue.close);

    Object.assign(process.env, simulator.clientSettings);
    process.env['DATABASE_URL'] = databaseUrl;
    process.env['EVENT_QUEUE_URL'] = queue.url;
    process.env['IDEMPOTENCY_HMAC_SECRET'] ??= openSecret(state.path);

    const functions = await loadFunctions();
    started(functions.close);
    await functions.runJob('migrate');
    onProgress('the schema is up to date');
    if (options.fenceFirst ?? false) {
      await functions.runJob('fence-restored');
      onProgress('the restore fence has run: no unused pair of the restored database is used again');
    }
    const stoppedBy =
      (options.firstPrefetch ?? true) ? await firstPrefetch(profile, onProgress, options.firstPrefetchPairs) : null;
    stopIfEnding();
    if (stoppedBy !== null) {
      onProgress(`the first prefetch stopped early (${stoppedBy}); the API serves, and the jobs fill the pool`);
    }

    const sideRoute = localRoutes({ simulator, queue, runJob: functions.runJob });
    const { concurrencyLimit } = options;
    const gateway = await startGateway({
      port: options.port,
      functions: functions.api,
      vocabulary: functions.vocabulary,
      sideRoute,
      ...(concurrencyLimit === undefined ? {} : { concurrencyLimit }),
    });
    started(gateway.close);
    if (options.schedules ?? true) started(startSchedules(functions.runJob, { prefetchNow: stoppedBy !== null }));
    const lost = database?.lost ?? new Promise<never>(() => undefined);
    return { url: gateway.url, tomeUrl: simulator.url, databaseUrl, databaseLost: lost, close };
  } catch (error) {
    await close();
    throw explain(error);
  }
}

async function startDatabase(state: StateDirectory, onProgress: (line: string) => void): Promise<EmbeddedDatabase> {
  const directory = join(state.path, DATABASE_FOLDER);
  const database = await startEmbeddedDatabase({
    directory,
    settings: ['max_connections=200', 'shared_buffers=256MB'],
    ...(state.isTemporary ? { removeAtEnd: state.path } : {}),
    onOrphanedServer: () => onProgress(`stopping the PostgreSQL that a killed process left in ${directory}`),
  });
  onProgress(`PostgreSQL is up in ${directory}`);
  return database;
}

function explain(error: unknown): unknown {
  if ([ForeignJournal, JournalOfOtherProfile, DamagedJournal, FileNotWritable].some((kind) => error instanceof kind)) {
    return new CannotStart((error as Error).message);
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? String(error.port) : '';
    return new CannotStart(`Port ${port} is in use. Set PORT (the API) or TOME_PORT (the simulator) to another port.`);
  }
  return error;
}
