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

test('a secret is asked for by its name in a signed request', async () => {
  manager.answer = secret('what is kept');
  expect(await readSecret('card/idempotency')).toBe('what is kept');
  expect(manager.asked).toHaveLength(1);
  expect(manager.asked[0]?.body).toBe('{"SecretId":"card/idempotency"}');
  expect(manager.asked[0]?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
  expect(manager.asked[0]?.headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/eu-central-1\/secretsmanager\//,
  );
});

test("a refusal names the secret and AWS's reason", async () => {
  manager.answer = { status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', Message: 'no' }) };
  await expect(readSecret('card/idempotency')).rejects.toThrow(
    'The secret card/idempotency cannot be read: AccessDeniedException.',
  );
});

test('where nothing says who asks, nothing is asked', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  await expect(readSecret('card/idempotency')).rejects.toThrow('AWS_ACCESS_KEY_ID');
  expect(manager.asked).toEqual([]);
});

test.each([
  ['no JSON', { status: 200, body: PASSWORD }],
  ['JSON cut off', { status: 200, body: `{"SecretString":"${PASSWORD}` }],
  ['null', { status: 200, body: 'null' }],
  ['a secret that is no text', { status: 200, body: JSON.stringify({ SecretString: [PASSWORD] }) }],
  ['a reason that is none', { status: 400, body: JSON.stringify({ __type: `${PASSWORD} was wrong` }) }],
  ['nothing', { status: 200, body: null }],
])('an answer that is %s is named by the secret and never quoted', async (_what, answer) => {
  manager.answer = answer;
  const failure = await failureOf(readSecret('card/idempotency'));
  expect(String(failure)).toMatch(/^SecretUnusable: The secret card\/idempotency cannot be read: /);
  expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('hunter2');
});

test("the database's address comes from the secret as RDS writes it", async () => {
  const content = { host: 'db.example', port: 5_433, dbname: 'pool', username: 'admin', password: PASSWORD };
  const address = await addressFrom(JSON.stringify(content));
  expect(address).toMatchObject({ host: 'db.example', port: 5_433, database: 'pool', username: 'admin' });
  expect(typeof address === 'string' ? address : await address.password()).toBe(PASSWORD);
});

test.each([
  ['a bare password', PASSWORD, 'is not JSON'],
  ['a password in quotes', JSON.stringify(PASSWORD), 'the whole'],
  ['a list', JSON.stringify([PASSWORD]), 'the whole'],
  ['cut off', `{"username":"admin","password":"${PASSWORD}`, 'is not JSON'],
  ['without a user', JSON.stringify({ host: 'h', password: PASSWORD }), 'username'],
  ['with a password that is no text', JSON.stringify({ host: 'h', username: 'a', password: [PASSWORD] }), 'password'],
  ['with a port in words', JSON.stringify({ host: 'h', username: 'a', password: 'b', port: PASSWORD }), 'port'],
])('a database secret that is %s is refused by its name and fields, and never quoted', async (_what, text, says) => {
  const failure = await failureOf(addressFrom(text));
  expect(String(failure)).toContain('card/database');
  expect(String(failure)).toContain(says);
  expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('hunter2');
});

test('a secret and settings that both name no host say which setting is missing', async () => {
  const failure = await failureOf(addressFrom(JSON.stringify({ username: 'a', password: PASSWORD })));
  expect(String(failure)).toContain('DATABASE_HOST');
});

test('a password is kept until it is refused, and is then read again', async () => {
  const addressParts = async (password: string) => {
    const address = await addressFrom(JSON.stringify({ host: 'db', username: 'admin', password }));
    if (typeof address === 'string') throw new Error('A secret gives an address in parts.');
    return address;
  };
  const address = await addressParts('first');
  manager.answer = secret(JSON.stringify({ host: 'db', username: 'admin', password: 'second' }));
  expect([await address.password(), await address.password()]).toEqual(['first', 'first']);
  expect(manager.asked).toHaveLength(1);
  address.forgetPassword?.();
  expect([await address.password(), await address.password()]).toEqual(['second', 'second']);
  expect(manager.asked).toHaveLength(2);
});
