import { signedCall } from './signed-call.ts';

/** The database secret's name in the environment `local` (lib/functions/function-context.ts). */
export const DATABASE_SECRET = 'local-card/database';

/** Stores the address and credentials of the database in the format of RDS secrets. */
export async function putDatabaseSecret(endpointUrl: string, databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl);
  const secret = {
    engine: 'postgres',
    host: url.hostname,
    port: Number(url.port),
    dbname: url.pathname.slice(1),
    username: url.username,
    password: url.password,
  };
  const text = { SecretString: JSON.stringify(secret) };
  const created = await call(endpointUrl, 'CreateSecret', { Name: DATABASE_SECRET, ...text });
  // An emulator that was already running can have the secret of an earlier run.
  if (created.includes('ResourceExistsException'))
    await call(endpointUrl, 'PutSecretValue', { SecretId: DATABASE_SECRET, ...text });
}

/** For an emulator that keeps running afterwards. */
export async function deleteDatabaseSecret(endpointUrl: string): Promise<void> {
  await call(endpointUrl, 'DeleteSecret', { SecretId: DATABASE_SECRET, ForceDeleteWithoutRecovery: true });
}

async function call(endpointUrl: string, action: string, body: object): Promise<string> {
  const { status, text } = await signedCall({
    service: 'secretsmanager',
    url: endpointUrl,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${action}` },
    body: JSON.stringify(body),
  });
  if (status >= 300 && !text.includes('ResourceExistsException')) {
    throw new Error(`The emulator's Secrets Manager answered ${action} with status ${status}.`);
  }
  return text;
}
