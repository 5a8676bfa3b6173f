import { join } from 'node:path';
import type { PrefetchTally } from '../../lambdas/tokenization/refill/prefetch-run.ts';
import { DamagedJournal, ForeignJournal } from '../simulator/journal.ts';
import { FileNotWritable } from '../simulator/line-file.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { CannotStart } from './cannot-start.ts';
import { useDefaultEnvironment } from './default-environment.ts';
import { startEmbeddedDatabase } from './embedded-database.ts';
import { freePort } from './free-port.ts';
import { loadFunctions } from './functions.ts';
import { startGateway } from './gateway.ts';
import { matchInstallation, openSecret, openStateDirectory } from './installation.ts';
import { startLocalQueue } from './local-queue.ts';
import { localRoutes } from './local-routes.ts';
import { startSchedules } from './schedules.ts';

export interface LocalStackOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly tomePort?: number;
  readonly dataDir?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly onProgress?: (line: string) => void;
  /** Whether the jobs run by themselves; tests run them when they want them. */
  readonly schedules?: boolean;
  /** Whether to fill the pool before it is called ready. */
  readonly firstPrefetch?: boolean;
  /** How many pairs that brings, where it is not the target. */
  readonly firstPrefetchPairs?: number;
  readonly tomeLatencyMs?: number;
}

export interface LocalStack {
  readonly url: string;
  readonly tomeUrl: string;
  readonly databaseUrl: string;
  close(): Promise<void>;
}

/** Calls a second of the first prefetch: nobody else calls TOME before the API is up, so it may have nearly all that TOME allows. */
const FIRST_PREFETCH_CALLS_PER_SECOND = '240';

/**
 * The whole product in one process and one database server, with the handlers that run on AWS (D3). One at a time in a process, because functions read
 * their settings from the environment. Throws CannotStart or InvalidSettings; what was started by then is stopped again.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { onProgress = () => undefined } = options;
  const running: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of running.splice(0).reverse()) await stop();
  };
  try {
    // Asked first, so that nobody waits for a first prefetch to hear of it.
    for (const port of [options.port, options.tomePort ?? 0]) await freePort(port);
    const state = openStateDirectory(options.dataDir, options.databaseUrl);
    running.push(state.dispose);

    let databaseUrl = options.databaseUrl;
    if (databaseUrl === undefined) {
      const settings = ['max_connections=200', 'shared_buffers=256MB'];
      const database = await startEmbeddedDatabase({ directory: join(state.path, 'postgres'), settings });
      running.push(database.stop);
      databaseUrl = database.url;
      onProgress(`PostgreSQL is up in ${join(state.path, 'postgres')}`);
    }
    const journalPath = join(state.path, 'tome-simulator.jsonl');
    const installation = await matchInstallation(databaseUrl, journalPath);

    const simulator = await startSimulator({
      port: options.tomePort ?? 0,
      seed: Math.floor(Math.random() * 2 ** 31),
      switches: { latencyMs: options.tomeLatencyMs ?? 50 },
      journal: { path: journalPath, installation },
    });
    running.push(simulator.close);
    onProgress(`the TOME simulator is up at ${simulator.url}`);

    const queue = await startLocalQueue({ journalPath: join(state.path, 'card-events.jsonl') });
    running.push(queue.close);

    useDefaultEnvironment();
    process.env['DATABASE_URL'] = databaseUrl;
    process.env['TOME_URL'] = simulator.url;
    process.env['EVENT_QUEUE_URL'] = queue.url;
    process.env['IDEMPOTENCY_HMAC_SECRET'] ??= openSecret(state.path);

    const functions = await loadFunctions();
    running.push(functions.close);
    await functions.runJob('migrate');
    onProgress('the schema is up to date');
    if (options.firstPrefetch ?? true) await fillPool(onProgress, options.firstPrefetchPairs);

    const sideRoute = localRoutes({ simulator, queue, runJob: functions.runJob });
    const gateway = await startGateway({ port: options.port, functions: functions.api, sideRoute });
    running.push(gateway.close);
    if (options.schedules ?? true) running.push(startSchedules(functions.runJob));
    return { url: gateway.url, tomeUrl: simulator.url, databaseUrl, close };
  } catch (error) {
    await close();
    throw explain(error);
  }
}

async function fillPool(onProgress: (line: string) => void, pairs: number | undefined): Promise<void> {
  const { composePrefetch } = await import('../../lambdas/runtime/compose-prefetch.ts');
  const level =
    pairs === undefined
      ? {}
      : { POOL_TARGET_MIN: String(pairs), POOL_TARGET_MAX: String(pairs), POOL_COVER_MINUTES: '0' };
  const prefetch = await withEnvironment(
    { TOME_BATCH_CALLS_PER_SECOND: FIRST_PREFETCH_CALLS_PER_SECOND, ...level },
    () => composePrefetch((tally) => onProgress(progressLine(tally))),
  );
  const result = await prefetch.run({
    runId: 'first-prefetch',
    deadlineMs: performance.now() + prefetch.timeLimitMs,
  });
  if (result.stoppedBy !== null)
    onProgress(`the first prefetch stopped early: ${result.stoppedBy}; the next one goes on`);
  await prefetch.close();
}

/** Settings that hold while something is composed, and no longer. */
async function withEnvironment<Result>(
  settings: Readonly<Record<string, string>>,
  compose: () => Promise<Result>,
): Promise<Result> {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  try {
    return await compose();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const progressLine = ({ activated, target, fetched }: PrefetchTally): string =>
  fetched === 0
    ? 'the pool is being looked at'
    : `first prefetch: ${activated} of ${Math.max(target, activated)} pairs are ready`;

function explain(error: unknown): unknown {
  if ([ForeignJournal, DamagedJournal, FileNotWritable].some((kind) => error instanceof kind)) {
    return new CannotStart((error as Error).message);
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? String(error.port) : '';
    return new CannotStart(`Port ${port} is in use. Set PORT (the API) or TOME_PORT (the simulator) to another one.`);
  }
  return error;
}
