import { join } from 'node:path';
import postgres from 'postgres';
import { startEmbeddedDatabase } from '../local/embedded-database.ts';
import { DATABASE_FOLDER, makeTemporaryFolder } from '../local/temporary-folder.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { deleteDatabaseSecret, putDatabaseSecret } from './database-secret.ts';
import { bootstrap, tryCdk } from './run-cdk.ts';
import { startMinistack } from './start-ministack.ts';

/** What stands around the environment `local` before it is deployed. */
export interface EmulatorDependencies {
  /** Where AWS's services answer. */
  readonly endpointUrl: string;
  readonly tomeUrl: string;
  /** The database as its administrator; still empty. */
  readonly databaseUrl: string;
  /** A folder that goes with them. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** The database forgets everything with its folder, so nothing of it has to reach a disk. */
const NOT_DURABLE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/**
 * An emulator of AWS, a PostgreSQL, the TOME simulator and, in the emulator, the CDK's bootstrap stack and the database's secret. The emulator is the one at
 * `AWS_ENDPOINT_URL`, or MiniStack on a port of its own. Everything listens on loopback. Throws CannotStart with one sentence.
 */
export async function startEmulatorDependencies(say: (line: string) => void): Promise<EmulatorDependencies> {
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const end of started.splice(0).reverse()) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be stopped.');
  };
  try {
    const { path: directory, remove } = await makeTemporaryFolder('emulator');
    started.push(remove);

    const server = await startEmbeddedDatabase({
      directory: join(directory, DATABASE_FOLDER),
      settings: NOT_DURABLE,
      removeAtEnd: directory,
    });
    started.push(() => server.stop());
    const databaseUrl = await createDatabase(server.url);

    const simulator = await startSimulator();
    started.push(() => simulator.close());

    const given = process.env['AWS_ENDPOINT_URL'] ?? '';
    const emulator = given === '' ? await startMinistack(directory, say) : undefined;
    if (emulator !== undefined) started.push(() => emulator.stop());
    const endpointUrl = emulator?.endpointUrl ?? given;

    const dependencies = { endpointUrl, tomeUrl: simulator.url, databaseUrl, directory, stop };
    if (emulator === undefined) started.push(() => tidy(dependencies));
    await putDatabaseSecret(endpointUrl, databaseUrl);
    await bootstrap(dependencies);
    say(`emulator ${endpointUrl}`);
    return dependencies;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For an emulator that outlives its database: what is left there would be of no use. */
async function tidy(dependencies: EmulatorDependencies): Promise<void> {
  await tryCdk(dependencies, ['destroy', '--force']);
  await deleteDatabaseSecret(dependencies.endpointUrl);
}

/** The name of the database in this server. */
const DATABASE = 'pool';

async function createDatabase(serverUrl: string): Promise<string> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  await sql.unsafe(`CREATE DATABASE ${DATABASE}`);
  await sql.end();
  return serverUrl.replace(/postgres$/, DATABASE);
}
