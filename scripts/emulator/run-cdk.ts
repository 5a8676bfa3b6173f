import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EMULATOR_ACCOUNT, EMULATOR_CREDENTIALS, EMULATOR_REGION } from './signed-call.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const END_WITH_PARENT = new URL('../local/end-with-parent.ts', import.meta.url).href;

export interface CdkPlace {
  readonly endpointUrl: string;
  readonly tomeUrl: string;
  /** Where the CLI keeps its output and what it remembers. */
  readonly directory: string;
}

export interface CdkResult {
  readonly code: number;
  /** All that it wrote, both streams in order. */
  readonly output: string;
}

/** What the CDK itself needs in an account before anything is deployed there. Rejects with the end of its output. */
export async function bootstrap(place: CdkPlace): Promise<void> {
  // From a folder without an app, which it would synthesize and not use.
  succeeded(await run(place, place.directory, ['bootstrap', `aws://${EMULATOR_ACCOUNT}/${EMULATOR_REGION}`]));
}

/** The CDK CLI over the environment `local`. Rejects with the end of its output when it fails. */
export const runCdk = async (place: CdkPlace, words: readonly string[]): Promise<CdkResult> =>
  succeeded(await tryCdk(place, words));

/** The same, where a failure may be what one wants to see. */
export const tryCdk = (place: CdkPlace, words: readonly string[]): Promise<CdkResult> =>
  run(place, PROJECT, [...words, '--all', '--context', 'env=local', '--context', `tomeUrl=${place.tomeUrl}`]);

function succeeded(result: CdkResult): CdkResult {
  if (result.code !== 0) throw new Error(`The CDK failed:\n${result.output.slice(-4_000)}`);
  return result;
}

async function run({ endpointUrl, directory }: CdkPlace, cwd: string, words: readonly string[]): Promise<CdkResult> {
  const command = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const output = ['--output', join(directory, 'cdk.out'), '--no-notices', '--no-color', '--ci'];
  const child = spawn(process.execPath, ['--import', END_WITH_PARENT, command, ...words, ...output], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: directory,
      TMPDIR: directory,
      AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
      AWS_REGION: EMULATOR_REGION,
      AWS_ENDPOINT_URL: endpointUrl,
      // A host name would have buckets' names put before it; an address has them in the path.
      AWS_ENDPOINT_URL_S3: endpointUrl.replace('//localhost:', '//127.0.0.1:'),
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, output: chunks.join('') };
}
