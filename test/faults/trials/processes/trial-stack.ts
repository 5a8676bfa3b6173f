import { join } from 'node:path';
import { migrate } from '../../../../lambdas/pool/migrate.ts';
import { startEmbeddedDatabase } from '../../../../scripts/local/embedded-database.ts';
import { freePort } from '../../../../scripts/local/free-port.ts';
import { type LocalQueue, startLocalQueue } from '../../../../scripts/local/local-queue.ts';
import { DATABASE_FOLDER, makeTemporaryFolder, temporaryFolder } from '../../../../scripts/local/temporary-folder.ts';
import { type Simulator, startSimulator } from '../../../../scripts/simulator/simulator.ts';
import type { SwitchChanges } from '../../../../scripts/simulator/switches.ts';
import { crashDatabase } from './database-crash.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A database server, TOME and a queue, each behind a proxy that can break its connections. */
export interface TrialStack {
  /** The address of the database without the proxy. */
  readonly databaseUrl: string;
  readonly simulator: Simulator;
  readonly queue: LocalQueue;
  readonly toDatabase: TcpProxy;
  readonly toTome: TcpProxy;
  readonly toQueue: TcpProxy;
  /** The environment of an API process that uses the proxies. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills all processes of the server with SIGKILL. */
  killDatabase(): Promise<void>;
  /** Starts the server again on the same port. PostgreSQL runs its crash recovery. */
  restartDatabase(): Promise<void>;
  close(): Promise<void>;
}

export async function startTrialStack(
  seed: number,
  switches: SwitchChanges,
  settings: Readonly<Record<string, string>>,
): Promise<TrialStack> {
  const folder = await makeTemporaryFolder('trial-stack', temporaryFolder());
  const port = await freePort();
  const directory = join(folder.path, DATABASE_FOLDER);
  const options = {
    directory,
    removeAtEnd: folder.path,
    port,
    settings: ['max_connections=200', 'restart_after_crash=off'],
  };
  let server = await startEmbeddedDatabase(options);
  await migrate(server.url, { grants: [] });
  const simulator = await startSimulator({ seed, switches });
  const queue = await startLocalQueue();
  const portOf = (url: string): number => Number(new URL(url).port);
  const toDatabase = await startTcpProxy(port);
  const toTome = await startTcpProxy(portOf(simulator.url));
  const toQueue = await startTcpProxy(portOf(queue.url));
  const through = (url: string, proxy: TcpProxy): string => url.replace(`:${portOf(url)}`, `:${proxy.port}`);
  return {
    databaseUrl: server.url,
    simulator,
    queue,
    toDatabase,
    toTome,
    toQueue,
    environment: {
      DATABASE_URL: server.url.replace(`:${port}/`, `:${toDatabase.port}/`),
      TOME_URL: through(simulator.url, toTome),
      EVENT_QUEUE_URL: through(queue.url, toQueue),
      IDEMPOTENCY_HMAC_SECRET: 'a secret for this trial that is long enough',
      POWERTOOLS_LOG_LEVEL: 'WARN',
      POWERTOOLS_METRICS_DISABLED: 'true',
      AWS_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      DATABASE_MAX_CONNECTIONS: '6',
      // All clients are one caller, and create some cards twice. Its budgets would stop them.
      CALLER_LOOKUP_MISSES_PER_HOUR: '0',
      CALLER_EXISTING_CREATIONS_PER_HOUR: '0',
      ...settings,
    },
    killDatabase: () => crashDatabase(directory),
    async restartDatabase() {
      server = await startEmbeddedDatabase(options);
    },
    async close() {
      for (const part of [toDatabase, toTome, toQueue, queue, simulator]) await part.close();
      await server.stop();
      await folder.remove();
    },
  };
}
