import { AwsV4Signer } from 'aws4fetch';
import { type Authentication, fixedAuthentication } from './authentication.ts';
import type { Time } from './moment.ts';

/** Credentials of AWS. They can change between two requests. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Signature Version 4 of AWS, for a TOME behind API Gateway with IAM. It covers method, path, body
 * and host, and no other header, because a proxy may change those.
 */
export const signatureAuthentication = (
  { service, region }: { readonly service: string; readonly region: string },
  credentials: () => SigningCredentials,
  time: Pick<Time, 'dateMs'>,
): Authentication =>
  fixedAuthentication({
    async headersFor({ url, body }) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials();
      const signer = new AwsV4Signer({
        method: 'POST',
        url: url.href,
        body,
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
        service,
        region,
        datetime: new Date(time.dateMs()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
      });
      const { headers } = await signer.sign();
      return Object.fromEntries(headers.entries());
    },
  });
