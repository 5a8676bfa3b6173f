import { AwsV4Signer } from 'aws4fetch';

export interface Unsigned {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Returns the headers of the signed request, including the given ones. */
export type Sign = (request: Unsigned) => Promise<Record<string, string>>;

/** The credentials or the region are missing. */
export class CannotSign extends Error {
  override readonly name = 'CannotSign';
}

/** Whether a URL is an address of API Gateway, which requires IAM authorization. */
export const isExecuteApi = (url: string): boolean => /\.execute-api(-fips)?\.[a-z0-9-]+\./.test(new URL(url).hostname);

/**
 * Signs requests to API Gateway with the credentials of the environment, as the AWS CLI reads them.
 * The region is part of the address, or is `AWS_REGION`. Throws CannotSign.
 */
export function sigV4(url: string, environment: Readonly<Record<string, string | undefined>> = process.env): Sign {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = environment;
  if (!accessKeyId || !secretAccessKey) {
    throw new CannotSign(
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to sign requests (and AWS_SESSION_TOKEN for a role).',
    );
  }
  const region =
    /\.execute-api(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(url).hostname)?.[1] ?? environment['AWS_REGION'];
  if (!region) throw new CannotSign('Set AWS_REGION to sign requests to an address without a region.');
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
