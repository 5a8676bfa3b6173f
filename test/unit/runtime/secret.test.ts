import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readSecret } from '../../../lambdas/runtime/secret.ts';

let server: Server;
let answer: { status: number; body: object };
let asked: { headers: Record<string, unknown>; body: string }[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      asked.push({ headers: request.headers, body });
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
  vi.stubEnv('AWS_SESSION_TOKEN', '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

test('a secret is asked for by its name in a signed request', async () => {
  answer = { status: 200, body: { SecretString: 'what is kept' } };
  expect(await readSecret('card/idempotency')).toBe('what is kept');
  expect(asked).toHaveLength(1);
  expect(asked[0]?.body).toBe('{"SecretId":"card/idempotency"}');
  expect(asked[0]?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
  expect(asked[0]?.headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-central-1\/secretsmanager\//,
  );
});

test("a refusal names the secret and AWS's reason", async () => {
  answer = { status: 400, body: { __type: 'AccessDeniedException', Message: 'no' } };
  await expect(readSecret('card/idempotency')).rejects.toThrow(
    'The secret card/idempotency cannot be read: AccessDeniedException.',
  );
});

test('where nothing says who asks, nothing is asked', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  await expect(readSecret('card/idempotency')).rejects.toThrow('AWS_ACCESS_KEY_ID');
  expect(asked).toEqual([]);
});
