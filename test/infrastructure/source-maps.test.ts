import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionCode } from '../../lib/functions/function-bundle.ts';

let outdir: string;

// Bundles one function as `cdk synth` does.
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'source-maps-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'bundled');
  new Lambda(stack, 'Pool', {
    code: functionCode(stack, 'pool'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });
  app.synth();
});

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const assetFolder = (): string => {
  const [asset = ''] = readdirSync(outdir).filter((name) => name.startsWith('asset.'));
  return join(outdir, asset);
};

test('the deployed bundle contains its module only, without a source map or a reference to one', () => {
  expect(readdirSync(assetFolder())).toEqual(['index.mjs']);
  expect(readFileSync(join(assetFolder(), 'index.mjs'), 'utf8')).not.toContain('sourceMappingURL');
});

test('the source map of a release is found by the hash of the deployed module, and leads to its source', () => {
  const code = readFileSync(join(assetFolder(), 'index.mjs'));
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const map = new SourceMap(JSON.parse(readFileSync(join(outdir, 'source-maps', `pool.${hash}.map`), 'utf8')));
  const lines = code.toString('utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('"pool_health"') || text.includes('pool_health('));
  const column = lines[line]?.indexOf('pool_health') ?? -1;
  const origin = map.findOrigin(line + 1, column + 1);
  expect('fileName' in origin ? origin.fileName : 'no origin').toMatch(/lambdas\/.*\.ts$/);
});
