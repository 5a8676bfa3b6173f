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

/** A real server, TOME and the queue, with a breakable wire before each, and the environment of an API process that uses them. */
export interface Rig {
  /** The server's own address, past the proxy. */
  readonly databaseUrl: string;
  readonly simulator: Simulator;
  readonly queue: LocalQueue;
  readonly toDatabase: TcpProxy;
  readonly toTome: TcpProxy;
  readonly toQueue: TcpProxy;
  readonly environment: Readonly<Record<string, string>>;
  /** SIGKILL to the whole server. */
  killDatabase(): Promise<void>;
  /** Starts it again on the same port, as crash recovery finds it. */
  restartDatabase(): Promise<void>;
  close(): Promise<void>;
}

export async function startRig(
  seed: number,
  switches: SwitchChanges,
  settings: Readonly<Record<string, string>>,
): Promise<Rig> {
  const folder = await makeTemporaryFolder('rig', temporaryFolder());
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
      // All clients of a trial are one caller, and some create a card again on purpose.
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
