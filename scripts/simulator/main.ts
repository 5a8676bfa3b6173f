import { readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import { startSimulator } from './simulator.ts';
import type { SwitchChanges } from './switches.ts';

/**
 * Runs the simulator in its own process, so that it survives the kills of other processes. Reads
 * TOME_PROFILE (a name or JSON), TOME_CREDENTIAL (needed if the profile asks for a credential),
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (the keys of a client that signs), TOME_PORT,
 * TOME_JOURNAL with TOME_INSTALLATION, TOME_SEED and TOME_SWITCHES (JSON). Prints its address on
 * one line.
 */
const variable = (name: string): string | undefined => process.env[name] || undefined;

function stop(faults: readonly string[]): never {
  process.stderr.write(faults.map((fault) => `${fault}\n`).join(''));
  process.exit(1);
}

const read = readTomeProfile(variable('TOME_PROFILE') ?? 'simulator');
if ('faults' in read) stop(read.faults.map((fault) => `TOME_PROFILE ${fault}`));
const { profile } = read;
const credential = variable('TOME_CREDENTIAL');
if (['header', 'oauth2'].includes(profile.authentication.kind) && credential === undefined) {
  stop([`TOME_CREDENTIAL must be set, because the profile ${profile.name} asks for a credential.`]);
}
const path = variable('TOME_JOURNAL');
const accessKeyId = variable('AWS_ACCESS_KEY_ID');
const secretAccessKey = variable('AWS_SECRET_ACCESS_KEY');
const simulator = await startSimulator({
  port: Number(variable('TOME_PORT') ?? 0),
  profile,
  credential,
  seed: Number(variable('TOME_SEED') ?? 1),
  switches: JSON.parse(variable('TOME_SWITCHES') ?? '{}') as SwitchChanges,
  ...(accessKeyId === undefined || secretAccessKey === undefined
    ? {}
    : { signingKeys: { accessKeyId, secretAccessKey } }),
  ...(path === undefined ? {} : { journal: { path, installation: variable('TOME_INSTALLATION') ?? 'unnamed' } }),
});
process.stdout.write(`simulator ${simulator.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void simulator.close().then(() => process.exit(0));
  });
}
