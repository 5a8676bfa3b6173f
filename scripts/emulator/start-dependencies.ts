import { join } from 'node:path';
import postgres from 'postgres';
import { startEmbeddedDatabase } from '../local/embedded-database.ts';
import { DATABASE_FOLDER, makeTemporaryFolder } from '../local/temporary-folder.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { deleteDatabaseSecret, putDatabaseSecret } from './database-secret.ts';
import { bootstrap, tryCdk } from './run-cdk.ts';
import { startMinistack } from './start-ministack.ts';

/** What the environment `local` needs before it can be deployed. */
export interface EmulatorDependencies {
  /** The emulator's endpoint for all AWS services. */
  readonly endpointUrl: string;
  readonly tomeUrl: string;
  /** An empty database, with the credentials of its administrator. */
  readonly databaseUrl: string;
  /** A temporary folder, removed by `stop`. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** The database is deleted with its folder, so durability is not needed. */
const NOT_DURABLE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/**
 * Starts PostgreSQL, the TOME simulator and an AWS emulator, and creates the database secret and
 * the CDK's bootstrap stack in the emulator. The emulator is the one at `AWS_ENDPOINT_URL`, or
 * MiniStack on a free port. What it starts listens on loopback only. Throws CannotStart when
 * MiniStack cannot be installed or started.
 */
export async function startEmulatorDependencies(say: (line: string) => void): Promise<EmulatorDependencies> {
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const stopOne of started.splice(0).reverse()) await stopOne().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'Some dependencies of the emulator did not stop.');
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
    if (emulator === undefined) started.push(() => removeDeployment(dependencies));
    await putDatabaseSecret(endpointUrl, databaseUrl);
    await bootstrap(dependencies);
    say(`emulator ${endpointUrl}`);
    return dependencies;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For an emulator that keeps running: without the database the deployed environment is useless. */
async function removeDeployment(dependencies: EmulatorDependencies): Promise<void> {
  await tryCdk(dependencies, ['destroy', '--force']);
  await deleteDatabaseSecret(dependencies.endpointUrl);
}

const DATABASE = 'pool';

async function createDatabase(serverUrl: string): Promise<string> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  await sql.unsafe(`CREATE DATABASE ${DATABASE}`);
  await sql.end();
  return serverUrl.replace(/postgres$/, DATABASE);
}
