import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';

export const LINTED_ENVIRONMENTS: readonly string[] = Object.keys(ENVIRONMENTS);

/** An environment's templates as `cdk synth` writes them, without the functions' bundles. */
export async function synthesize(environment: string, outdir: string): Promise<readonly string[]> {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: Record<string, unknown> };
  const given = { ...context, env: environment, 'aws:cdk:bundling-stacks': [] };
  await promisify(execFile)(process.execPath, ['bin/app.ts'], {
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(given) },
    maxBuffer: 64 * 1_024 * 1_024,
  });
  return readdirSync(outdir)
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => join(outdir, file));
}
