import { AwsV4Signer } from 'aws4fetch';
import { type AwsCredentials, awsCredentials } from './aws-credentials.ts';

/** Lifetime of a sign-in token in seconds. RDS accepts no other value. */
const VALID_SECONDS = 900;

export interface SignIn {
  readonly host: string;
  readonly port: number;
  readonly username: string;
}

/**
 * Returns a password for IAM authentication of RDS: a presigned request that is never sent. It is
 * computed for each connection in memory, without a network call. Not `@aws-sdk/rds-signer`,
 * because that package alone is larger than the rest of the bundle.
 */
export async function iamPassword(
  { host, port, username }: SignIn,
  aws: AwsCredentials = awsCredentials(),
  datetime?: string,
): Promise<string> {
  const url = new URL(`https://${host}:${port}/`);
  url.searchParams.set('Action', 'connect');
  url.searchParams.set('DBUser', username);
  url.searchParams.set('X-Amz-Expires', String(VALID_SECONDS));
  const signer = new AwsV4Signer({
    ...aws,
    url: url.href,
    method: 'GET',
    service: 'rds-db',
    signQuery: true,
    ...(datetime === undefined ? {} : { datetime }),
  });
  const signed = await signer.sign();
  return signed.url.href.slice('https://'.length);
}
