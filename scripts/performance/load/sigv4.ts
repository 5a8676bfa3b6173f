import { AwsV4Signer } from 'aws4fetch';

export interface Unsigned {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The headers of a signed request, those given included. */
export type Sign = (request: Unsigned) => Promise<Record<string, string>>;

/** The caller's credentials, or the region, are not known. */
export class CannotSign extends Error {
  override readonly name = 'CannotSign';
}

/** Whether an address is API Gateway's own, where IAM lets callers in. */
export const isExecuteApi = (url: string): boolean => /\.execute-api(-fips)?\.[a-z0-9-]+\./.test(new URL(url).hostname);

/**
 * SigV4 for API Gateway by the credentials of the environment, as the AWS CLI reads them; the region of the address, or else of
 * `AWS_REGION`. Throws CannotSign with one sentence.
 */
export function sigV4(url: string, environment: Readonly<Record<string, string | undefined>> = process.env): Sign {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = environment;
  if (!accessKeyId || !secretAccessKey) {
    throw new CannotSign(
      'Signing needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, for a role).',
    );
  }
  const region =
    /\.execute-api(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(url).hostname)?.[1] ?? environment['AWS_REGION'];
  if (!region) throw new CannotSign('Signing for an address that names no region needs AWS_REGION.');
  const cache = new Map<string, ArrayBuffer>();
  return async ({ method, url: target, headers, body }) => {
    const signed = await new AwsV4Signer({
      method,
      url: target,
      headers: { ...headers },
      body: body === '' ? null : body,
      accessKeyId,
      secretAccessKey,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
      service: 'execute-api',
      region,
      cache,
    }).sign();
    return Object.fromEntries(signed.headers);
  };
}
