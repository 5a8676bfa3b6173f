import { AwsV4Signer } from 'aws4fetch';
import { type AwsCredentials, awsCredentials } from './aws-credentials.ts';

/** Seconds for which RDS takes a sign-in token; it fixes this number. */
const VALID_SECONDS = 900;

export interface SignIn {
  readonly host: string;
  readonly port: number;
  readonly username: string;
}

/**
 * A password for RDS's sign-in by IAM: a presigned request that is never sent. Made for each connection, in memory, without a call to
 * anybody. AWS's own signer does the same and weighs more than all else in the bundle.
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
