import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EMULATOR_ACCOUNT, EMULATOR_CREDENTIALS, EMULATOR_REGION } from './signed-call.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const END_WITH_PARENT = new URL('../local/end-with-parent.ts', import.meta.url).href;

export interface CdkTarget {
  readonly endpointUrl: string;
  readonly tomeUrl: string;
  /** Home and output folder of the CDK CLI. */
  readonly directory: string;
}

export interface CdkResult {
  readonly code: number;
  /** stdout and stderr, in order. */
  readonly output: string;
}

/** Deploys the CDK's bootstrap stack. Rejects with the end of the output when it fails. */
export async function bootstrap(target: CdkTarget): Promise<void> {
  // Runs in a folder without an app, because the CLI would synthesize the app for nothing.
  succeeded(await run(target, target.directory, ['bootstrap', `aws://${EMULATOR_ACCOUNT}/${EMULATOR_REGION}`]));
}

/**
 * Runs the CDK CLI for the environment `local`. Rejects with the end of the output when it fails.
 */
export const runCdk = async (target: CdkTarget, words: readonly string[]): Promise<CdkResult> =>
  succeeded(await tryCdk(target, words));

/** Like runCdk, but returns a failure. */
export const tryCdk = (target: CdkTarget, words: readonly string[]): Promise<CdkResult> =>
  run(target, PROJECT, [...words, '--all', '--context', 'env=local', '--context', `tomeUrl=${target.tomeUrl}`]);

function succeeded(result: CdkResult): CdkResult {
  if (result.code !== 0) throw new Error(`The CDK CLI failed:\n${result.output.slice(-4_000)}`);
  return result;
}

async function run({ endpointUrl, directory }: CdkTarget, cwd: string, words: readonly string[]): Promise<CdkResult> {
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
      // With an address, the S3 client puts the bucket into the path; with a host name, before it.
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
