import { AwsClient } from 'aws4fetch';

/** The account and region of the environment `local`. */
export const EMULATOR_ACCOUNT = '000000000000';
export const EMULATOR_REGION = 'us-east-1';

/** The emulator accepts any credentials. */
export const EMULATOR_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

export interface SignedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface SignedRequest {
  /** The service name in the signature. */
  readonly service: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends one request signed with SigV4, without retries. Resolves with any HTTP status. */
export async function signedCall({
  service,
  url,
  method = 'POST',
  headers = {},
  body,
}: SignedRequest): Promise<SignedAnswer> {
  const client = new AwsClient({ ...EMULATOR_CREDENTIALS, region: EMULATOR_REGION, service, retries: 0 });
  const response = await client.fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
