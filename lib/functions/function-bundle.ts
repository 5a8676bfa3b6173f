import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import type { FunctionName } from '../../lambdas/rights.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Libraries in CommonJS ask for `require`, which a module does not have. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** A function's code: one minified module, made on this machine by esbuild. */
export const functionCode = (name: FunctionName): Code =>
  Code.fromAsset(join(PROJECT, 'lambdas'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: the local bundling throws rather than pass the work on. The command tells one function's bundle from another's.
      image: DockerImage.fromRegistry('none'),
      command: [name],
      local: {
        tryBundle(directory) {
          bundleFunction(name, directory);
          return true;
        },
      },
    },
  });

/** Writes a function's bundle, and for the migration the SQL that it reads. Throws when it cannot. */
export function bundleFunction(name: FunctionName, directory: string): void {
  buildSync({
    absWorkingDir: PROJECT,
    entryPoints: [entryOf(name)],
    outfile: join(directory, 'index.mjs'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    legalComments: 'none',
    logLevel: 'error',
  });
  if (name !== 'migrate') return;
  for (const part of ['migrations', 'functions', 'indexes']) {
    const source = join(PROJECT, 'lambdas/pool', part);
    if (!existsSync(source)) continue;
    cpSync(source, join(directory, part), { recursive: true, filter: (file) => !file.endsWith('.md') });
  }
}

const entryOf = (name: FunctionName): string => {
  const api = `lambdas/api/${name}.ts`;
  return existsSync(join(PROJECT, api)) ? api : `lambdas/jobs/${name}.ts`;
};
