import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../../../lambdas/pool/migrate.ts';
import type { TomeProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';
import { startEmbeddedDatabase } from '../../../../scripts/local/embedded-database.ts';
import { freePort } from '../../../../scripts/local/free-port.ts';
import { type LocalQueue, startLocalQueue } from '../../../../scripts/local/local-queue.ts';
import { DATABASE_FOLDER, makeTemporaryFolder, temporaryFolder } from '../../../../scripts/local/temporary-folder.ts';
import { type Simulator, startSimulator } from '../../../../scripts/simulator/simulator.ts';
import type { SwitchChanges } from '../../../../scripts/simulator/switches.ts';
import { defaultRulesUnder } from '../../../support/tome-profiles.ts';
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
  /** The content of all files outside the database: the server's log, and the queue's events. */
  writtenFiles(): string;
  close(): Promise<void>;
}

/** What the server logs on AWS (lib/data/database.ts), so that the trials read the same lines. */
const LOG_SETTINGS = ['log_statement=none', 'log_error_verbosity=terse', 'log_min_duration_statement=1000'];

export interface TrialStackOptions {
  readonly seed: number;
  /** The TOME of the simulator. */
  readonly profile: TomeProfile;
  readonly switches: SwitchChanges;
  /** Settings of the API processes. */
  readonly settings: Readonly<Record<string, string>>;
}

export async function startTrialStack({ seed, profile, switches, settings }: TrialStackOptions): Promise<TrialStack> {
  const folder = await makeTemporaryFolder('trial-stack', temporaryFolder());
  const port = await freePort();
  const directory = join(folder.path, DATABASE_FOLDER);
  const logFile = join(folder.path, 'postgres.log');
  const journalPath = join(folder.path, 'card-events.jsonl');
  const options = {
    directory,
    removeAtEnd: folder.path,
    port,
    settings: ['max_connections=200', 'restart_after_crash=off', ...LOG_SETTINGS],
    logFile,
  };
  let server = await startEmbeddedDatabase(options);
  await migrate(server.url, { grants: [], rules: defaultRulesUnder(profile) });
  const simulator = await startSimulator({ seed, profile, switches });
  const queue = await startLocalQueue({ journalPath });
  const portOf = (url: string): number => Number(new URL(url).port);
  const toDatabase = await startTcpProxy(port);
  const toTome = await startTcpProxy(portOf(simulator.url));
  const toQueue = await startTcpProxy(portOf(queue.url));
  const through = (url: string, proxy: TcpProxy): string => url.replace(`:${portOf(url)}`, `:${proxy.port}`);
  const throughAll = (text: string, proxy: TcpProxy): string =>
    text.replaceAll(simulator.url, through(simulator.url, proxy));
  return {
    databaseUrl: server.url,
    simulator,
    queue,
    toDatabase,
    toTome,
    toQueue,
    environment: {
      DATABASE_URL: server.url.replace(`:${port}/`, `:${toDatabase.port}/`),
      ...Object.fromEntries(
        Object.entries(simulator.clientSettings).map(([name, value]) => [name, throughAll(value, toTome)]),
      ),
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
    writtenFiles: () =>
      [logFile, journalPath].map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')).join('\n'),
    async close() {
      for (const part of [toDatabase, toTome, toQueue, queue, simulator]) await part.close();
      await server.stop();
      await folder.remove();
    },
  };
}
