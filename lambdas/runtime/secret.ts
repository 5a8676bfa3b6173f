import { AwsClient } from 'aws4fetch';
import { awsEnvironment } from './aws-credentials.ts';

/** Milliseconds for one question to Secrets Manager; a cold start waits for it. */
const TIMEOUT_MS = 3_000;

/**
 * The text of a secret, asked for at cold start. Signed and sent without AWS's client, which alone is larger than a whole API function may
 * be. Rejects with the secret's name and AWS's error code, and nothing of what it holds.
 */
export async function readSecret(secretId: string): Promise<string> {
  const { region, ...credentials } = awsEnvironment();
  const endpoint = process.env['AWS_ENDPOINT_URL'] ?? `https://secretsmanager.${region}.amazonaws.com`;
  const client = new AwsClient({ ...credentials, region, service: 'secretsmanager', retries: 2 });
  const response = await client.fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: secretId }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = (await response.json()) as { readonly SecretString?: string; readonly __type?: string };
  if (response.ok && answer.SecretString !== undefined) return answer.SecretString;
  throw new Error(`The secret ${secretId} cannot be read: ${answer.__type ?? `status ${response.status}`}.`);
}
