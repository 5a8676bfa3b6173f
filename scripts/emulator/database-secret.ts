import { signedCall } from './signed-call.ts';

/** The name that the environment `local` knows the database's secret by (lib/functions/function-context.ts). */
export const DATABASE_SECRET = 'local-card/database';

/** Writes where the database is and how to sign in, in the form of RDS's own secrets. Rejects when the emulator refuses. */
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
  const created = await ask(endpointUrl, 'CreateSecret', { Name: DATABASE_SECRET, ...text });
  // An emulator that somebody else started may remember the one of an earlier run.
  if (created.includes('ResourceExistsException'))
    await ask(endpointUrl, 'PutSecretValue', { SecretId: DATABASE_SECRET, ...text });
}

/** For an emulator that outlives the suite. */
export async function deleteDatabaseSecret(endpointUrl: string): Promise<void> {
  await ask(endpointUrl, 'DeleteSecret', { SecretId: DATABASE_SECRET, ForceDeleteWithoutRecovery: true });
}

async function ask(endpointUrl: string, action: string, body: object): Promise<string> {
  const { status, text } = await signedCall({
    service: 'secretsmanager',
    url: endpointUrl,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${action}` },
    body: JSON.stringify(body),
  });
  if (status >= 300 && !text.includes('ResourceExistsException')) {
    throw new Error(`Secrets Manager answered ${status} to ${action}.`);
  }
  return text;
}
