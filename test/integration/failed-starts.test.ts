import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionNames } from '../../lambdas/function-names.ts';
import { type SecretsManager, secret, startSecretsManager } from '../unit/runtime/secret-server.ts';

const PASSWORD = 'hunter2-Pa55word';
const handlers = functionNames().map((name) =>
  ['api', 'jobs'].map((folder) => `lambdas/${folder}/${name}.ts`).find((file) => existsSync(file)),
) as readonly string[];

let manager: SecretsManager;

beforeAll(async () => {
  manager = await startSecretsManager();
});

afterAll(() => manager.close());

/**
 * What a process prints that loads the module of a function in this environment, as Lambda does.
 */
async function printedBy(handler: string, environment: Readonly<Record<string, string>>) {
  const started = spawn(process.execPath, [handler], {
    env: {
      PATH: process.env['PATH'] ?? '',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL: manager.url,
      TOME_URL: 'http://127.0.0.1:9',
      EVENT_QUEUE_URL: 'http://127.0.0.1:9/queue',
      IDEMPOTENCY_HMAC_SECRET: 'x'.repeat(40),
      ...environment,
    },
  });
  let printed = '';
  for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  const code = await new Promise((resolve) => {
    started.once('close', resolve);
  });
  return { code, printed };
}

test('every function is composed inside startUp, which removes the messages of foreign errors', () => {
  expect(handlers).not.toContain(undefined);
  expect(handlers.filter((handler) => !/await startUp\(/.test(readFileSync(handler, 'utf8')))).toEqual([]);
});

test.each(handlers)('%s fails to start with an unusable secret and does not print its content', async (handler) => {
  manager.answer = secret(PASSWORD);
  const { code, printed } = await printedBy(handler, { DATABASE_SECRET_ID: 'card/database' });
  expect(code, printed).not.toBe(0);
  expect(printed).toContain('card/database');
  expect(printed).not.toContain('hunter2');
});
