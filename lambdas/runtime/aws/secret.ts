import { AwsClient } from 'aws4fetch';
import { isOwnError, nameOf, RuntimeFailure } from '../own-error.ts';
import { InvalidSettings } from '../settings.ts';
import { findUrlFaults } from '../url-faults.ts';
import { awsCredentials } from './aws-credentials.ts';

/** Milliseconds for one call to Secrets Manager. A cold start waits for it. */
const TIMEOUT_MS = 3_000;

/** A secret cannot be used. The message has its id and the reason, and no part of its content. */
export class SecretUnusable extends RuntimeFailure {
  override readonly name = 'SecretUnusable';
  readonly code = 'secret-unusable';
}

/**
 * Reads the text of a secret at cold start. The request is signed and sent without the AWS SDK,
 * whose client is larger than the size limit of an API function. Rejects with SecretUnusable, or
 * with InvalidSettings when there are no credentials.
 */
export async function readSecret(secretId: string): Promise<string> {
  try {
    const { ok, status, answer } = await ask(secretId);
    if (ok && typeof answer?.SecretString === 'string') return answer.SecretString;
    throw unreadable(secretId, errorCodeOf(answer) ?? `status ${status}`);
  } catch (error) {
    // The message of a client or a parser may quote the answer, which contains the secret.
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

/** The AWS error code, such as AccessDeniedException, without its namespace prefix. */
const errorCodeOf = (answer: Answer | null): string | undefined =>
  typeof answer?.__type === 'string' ? /(?:^|#)([A-Za-z]{1,60})$/.exec(answer.__type)?.[1] : undefined;

/**
 * The emulator's address, if one is set. The error does not quote it: a URL can hold a password.
 */
function endpointFrom(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const faults = findUrlFaults(text, { schemes: ['http', 'https'], expected: 'must be an http or https URL' });
  if (faults.length > 0) throw new InvalidSettings(faults.map((fault) => `AWS_ENDPOINT_URL ${fault}`));
  return text;
}
