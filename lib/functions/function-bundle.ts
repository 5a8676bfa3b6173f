import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage, Stage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { isRoute } from '../../lambdas/function-names.ts';
import type { FunctionName } from '../../lambdas/functions.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Defines `require`, which libraries in CommonJS call and a module does not have. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * A function's code: one minified module, which esbuild builds on this machine. The folder
 * `source-maps` of the output (`cdk.out`) gets its source map.
 */
export const functionCode = (scope: Construct, name: FunctionName): Code =>
  Code.fromAsset(join(PROJECT, 'lambdas'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // CDK does not use the image, because local bundling either succeeds or throws.
      image: DockerImage.fromRegistry('none'),
      // Part of the asset's cache key, so that two functions do not share one bundle.
      command: [name],
      local: {
        tryBundle(directory) {
          const output = Stage.of(scope)?.outdir;
          bundleFunction(name, directory, output === undefined ? undefined : join(output, 'source-maps'));
          return true;
        },
      },
    },
  });

/**
 * Writes a function's bundle, and for the migration the SQL files that it reads. The source map is
 * not part of the bundle: it contains the source, and a cold start would load it. Its name contains
 * the start of the SHA-256 of the module, so it can be found for the code that is deployed.
 */
export function bundleFunction(name: FunctionName, directory: string, mapsDirectory?: string): void {
  const { outputFiles } = buildSync({
    absWorkingDir: PROJECT,
    entryPoints: [entryOf(name)],
    outfile: join(directory, 'index.mjs'),
    write: false,
    sourcemap: 'external',
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
  const fileEndingIn = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.contents ?? '';
  const code = fileEndingIn('.mjs');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'index.mjs'), code);
  if (mapsDirectory !== undefined) {
    mkdirSync(mapsDirectory, { recursive: true });
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
    writeFileSync(join(mapsDirectory, `${name}.${hash}.map`), fileEndingIn('.map'));
  }
  if (name !== 'migrate') return;
  for (const part of ['migrations', 'functions', 'indexes']) {
    const source = join(PROJECT, 'lambdas/pool', part);
    if (!existsSync(source)) continue;
    cpSync(source, join(directory, part), { recursive: true, filter: (file) => !file.endsWith('.md') });
  }
}

const entryOf = (name: FunctionName): string => `lambdas/${isRoute(name) ? 'api' : 'jobs'}/${name}.ts`;
