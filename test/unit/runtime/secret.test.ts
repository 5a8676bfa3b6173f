import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readSecret } from '../../../lambdas/runtime/aws/secret.ts';
import { databaseAddress } from '../../../lambdas/runtime/database-address.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { type SecretsManager, secret, startSecretsManager } from './secret-server.ts';

const PASSWORD = 'hunter2-Pa55word';

let manager: SecretsManager;

beforeEach(async () => {
  manager = await startSecretsManager();
  vi.stubEnv('AWS_ENDPOINT_URL', manager.url);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
  vi.stubEnv('AWS_SESSION_TOKEN', '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await manager.close();
});

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'accepted',
    (error: unknown) => error,
  );
const addressFrom = (text: string) => {
  manager.answer = secret(text);
  return databaseAddress(readSettings(['database'], { DATABASE_SECRET_ID: 'card/database' }));
};

test('readSecret requests the secret by its name in a signed request', async () => {
  manager.answer = secret('a stored text');
  expect(await readSecret('card/idempotency')).toBe('a stored text');
  expect(manager.requests).toHaveLength(1);
  expect(manager.requests[0]?.body).toBe('{"SecretId":"card/idempotency"}');
  expect(manager.requests[0]?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
  expect(manager.requests[0]?.headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-central-1\/secretsmanager\//,
  );
});

test("readSecret rejects with the secret's name and the error code of AWS", async () => {
  manager.answer = { status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', Message: 'no' }) };
  await expect(readSecret('card/idempotency')).rejects.toThrow(
    'The secret card/idempotency cannot be read: AccessDeniedException.',
  );
});

test('readSecret sends no request when AWS credentials are missing', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  await expect(readSecret('card/idempotency')).rejects.toThrow('AWS_ACCESS_KEY_ID');
  expect(manager.requests).toEqual([]);
});

test.each([
  ['not JSON', { status: 200, body: PASSWORD }],
  ['truncated JSON', { status: 200, body: `{"SecretString":"${PASSWORD}` }],
  ['null', { status: 200, body: 'null' }],
  ['a secret that is not a text', { status: 200, body: JSON.stringify({ SecretString: [PASSWORD] }) }],
  ['an error code that is a sentence', { status: 400, body: JSON.stringify({ __type: `${PASSWORD} was wrong` }) }],
  ['a closed connection', { status: 200, body: null }],
])("readSecret rejects an answer that is %s with the secret's name and without quoting it", async (_what, answer) => {
  manager.answer = answer;
  const failure = await failureOf(readSecret('card/idempotency'));
  expect(String(failure)).toMatch(/^SecretUnusable: The secret card\/idempotency cannot be read: /);
  expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('hunter2');
});

test('databaseAddress reads a secret in the format of RDS', async () => {
  const content = { host: 'db.example', port: 5_433, dbname: 'pool', username: 'admin', password: PASSWORD };
  const address = await addressFrom(JSON.stringify(content));
  expect(address).toMatchObject({ host: 'db.example', port: 5_433, database: 'pool', username: 'admin' });
  expect(typeof address === 'string' ? address : await address.password()).toBe(PASSWORD);
});

test.each([
  ['a bare password', PASSWORD, 'is not JSON'],
  ['a password in quotes', JSON.stringify(PASSWORD), 'the whole'],
  ['a list', JSON.stringify([PASSWORD]), 'the whole'],
  ['truncated', `{"username":"admin","password":"${PASSWORD}`, 'is not JSON'],
  ['without a user', JSON.stringify({ host: 'h', password: PASSWORD }), 'username'],
  [
    'with a password that is not a text',
    JSON.stringify({ host: 'h', username: 'a', password: [PASSWORD] }),
    'password',
  ],
  [
    'with a port that is not a number',
    JSON.stringify({ host: 'h', username: 'a', password: 'b', port: PASSWORD }),
    'port',
  ],
])(
  'databaseAddress refuses a secret that is %s: it names secret and field and quotes no value',
  async (_what, text, says) => {
    const failure = await failureOf(addressFrom(text));
    expect(String(failure)).toContain('card/database');
    expect(String(failure)).toContain(says);
    expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('hunter2');
  },
);

test('databaseAddress names DATABASE_HOST when neither the secret nor a setting has a host', async () => {
  const failure = await failureOf(addressFrom(JSON.stringify({ username: 'a', password: PASSWORD })));
  expect(String(failure)).toContain('DATABASE_HOST');
});

test('the password of a secret is read once, and again after the database refused it', async () => {
  const addressParts = async (password: string) => {
    const address = await addressFrom(JSON.stringify({ host: 'db', username: 'admin', password }));
    if (typeof address === 'string') throw new Error('The address from a secret must have parts.');
    return address;
  };
  const address = await addressParts('first');
  manager.answer = secret(JSON.stringify({ host: 'db', username: 'admin', password: 'second' }));
  expect([await address.password(), await address.password()]).toEqual(['first', 'first']);
  expect(manager.requests).toHaveLength(1);
  address.forgetPassword?.();
  expect([await address.password(), await address.password()]).toEqual(['second', 'second']);
  expect(manager.requests).toHaveLength(2);
});
