import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from '../../local/temporary-folder.ts';
import { parseOptions } from '../../program/options.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { CannotLint, installedLinter, lint } from './linter.ts';

const ENVIRONMENTS = ['dev', 'qa', 'uat', 'prod', 'local'];

const USAGE = `npm run lint:templates

Runs cfn-lint over every template of the environments ${ENVIRONMENTS.join(', ')}. About five minutes; the first run installs cfn-lint.
`;

/** `npm run lint:templates`. */
async function main(): Promise<number> {
  const folder = await makeTemporaryFolder('templates');
  try {
    const linter = installedLinter();
    const templates: string[] = [];
    for (const environment of ENVIRONMENTS) {
      templates.push(...(await synthesize(environment, join(folder.path, environment))));
    }
    if (!lint(linter, templates)) return 1;
    process.stdout.write(
      `cfn-lint finds nothing in ${templates.length} templates of ${ENVIRONMENTS.length} environments.\n`,
    );
    return 0;
  } finally {
    await folder.remove();
  }
}

/** An environment's templates, as `cdk synth` makes them, but for the functions' bundles. */
async function synthesize(environment: string, outdir: string): Promise<readonly string[]> {
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

beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}), expected: [[CannotLint, 1]] });
await endProgram(await main());
