import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { isRoute } from '../../lambdas/function-names.ts';
import type { FunctionName } from '../../lambdas/functions.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Defines `require`, which libraries in CommonJS call and a module does not have. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** A function's code: one minified module, which esbuild builds on this machine. */
export const functionCode = (name: FunctionName): Code =>
  Code.fromAsset(join(PROJECT, 'lambdas'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // CDK does not use the image, because local bundling either succeeds or throws.
      image: DockerImage.fromRegistry('none'),
      // Part of the asset's cache key, so that two functions do not share one bundle.
      command: [name],
      local: {
        tryBundle(directory) {
          bundleFunction(name, directory);
          return true;
        },
      },
    },
  });

/** Writes a function's bundle, and for the migration the SQL files that it reads. */
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

const entryOf = (name: FunctionName): string => `lambdas/${isRoute(name) ? 'api' : 'jobs'}/${name}.ts`;
