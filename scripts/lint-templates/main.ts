import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotLint, installedLinter, lint } from './linter.ts';

const ENVIRONMENTS = ['dev', 'qa', 'uat', 'prod', 'local'];

/** `npm run lint:templates`: cfn-lint over every template of every environment. */
function main(): number {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'));
  try {
    const linter = installedLinter();
    const templates = ENVIRONMENTS.flatMap((environment) => synthesize(environment, join(folder, environment)));
    if (!lint(linter, templates)) return 1;
    process.stdout.write(
      `cfn-lint finds nothing in ${templates.length} templates of ${ENVIRONMENTS.length} environments.\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof CannotLint)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An environment's templates, as `cdk synth` makes them, but for the functions' bundles. */
function synthesize(environment: string, outdir: string): readonly string[] {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: Record<string, unknown> };
  const given = { ...context, env: environment, 'aws:cdk:bundling-stacks': [] };
  execFileSync(process.execPath, ['bin/app.ts'], {
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(given) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return readdirSync(outdir)
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => join(outdir, file));
}

process.exitCode = main();
