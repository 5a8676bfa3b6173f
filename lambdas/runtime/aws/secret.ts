import { AwsClient } from 'aws4fetch';
import { isOwnError, nameOf, RuntimeFailure } from '../own-error.ts';
import { InvalidSettings } from '../settings.ts';
import { findUrlFaults } from '../url-faults.ts';
import { awsCredentials } from './aws-credentials.ts';

/** Milliseconds for one question to Secrets Manager; a cold start waits for it. */
const TIMEOUT_MS = 3_000;

/** A secret that cannot be used. The message names the secret and says why, and nothing of what it holds. */
export class SecretUnusable extends RuntimeFailure {
  override readonly name = 'SecretUnusable';
  readonly code = 'secret-unusable';
}

/**
 * The text of a secret, asked for at cold start. Signed and sent without AWS's client, which alone is larger than a whole API
 * function may be. Rejects with SecretUnusable, or with InvalidSettings where nothing says who asks.
 */
export async function readSecret(secretId: string): Promise<string> {
  try {
    const { ok, status, answer } = await ask(secretId);
    if (ok && typeof answer?.SecretString === 'string') return answer.SecretString;
    throw unreadable(secretId, errorCodeOf(answer) ?? `status ${status}`);
  } catch (error) {
    // A client's or a parser's message may quote the answer, and the answer is the secret.
    throw isOwnError(error) ? error : unreadable(secretId, nameOf(error));
  }
}

const unreadable = (secretId: string, why: string): SecretUnusable =>
  new SecretUnusable(`The secret ${secretId} cannot be read: ${why}.`);

interface Answer {
  readonly SecretString?: unknown;
  readonly __type?: unknown;
}

async function ask(secretId: string): Promise<{ ok: boolean; status: number; answer: Answer | null }> {
  const { region, ...credentials } = awsCredentials();
  const endpoint = endpointFrom(process.env['AWS_ENDPOINT_URL']) ?? `https://secretsmanager.${region}.amazonaws.com`;
  const client = new AwsClient({ ...credentials, region, service: 'secretsmanager', retries: 2 });
  const response = await client.fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId: secretId }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { ok: response.ok, status: response.status, answer: (await response.json()) as Answer | null };
}

/** AWS's error code, such as AccessDeniedException; it may have a namespace in front. */
const errorCodeOf = (answer: Answer | null): string | undefined =>
  typeof answer?.__type === 'string' ? /(?:^|#)([A-Za-z]{1,60})$/.exec(answer.__type)?.[1] : undefined;

/** The emulator's address, where one is set. Throws in words that never quote it. */
function endpointFrom(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const faults = findUrlFaults(text, { schemes: ['http', 'https'], expected: 'must be an http or https URL' });
  if (faults.length > 0) throw new InvalidSettings(faults.map((fault) => `AWS_ENDPOINT_URL ${fault}`));
  return text;
}
