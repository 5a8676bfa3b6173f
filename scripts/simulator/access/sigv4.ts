import { createHash, createHmac } from 'node:crypto';
import type { ReceivedRequest } from '../../program/loopback/loopback-server.ts';
import type { SigningKeys } from './credential.ts';

/** How long after its date a signed request is valid, as on AWS. */
const VALID_MS = 15 * 60 * 1_000;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export interface SigV4Check {
  readonly keys: SigningKeys;
  readonly service: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Whether the request has a valid Signature Version 4. The signature is computed again from the
 * secret key, as the AWS documentation "Create a signed request" describes. The paths of a profile
 * need no encoding.
 */
export function hasValidSignature(request: ReceivedRequest, { keys, service, region, nowMs }: SigV4Check): boolean {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/.exec(
    header('authorization'),
  );
  const [, credential = '', signedNames = '', signature = ''] = parts ?? [];
  const date = header('x-amz-date');
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  if (credential !== `${keys.accessKeyId}/${scope}` || Math.abs(millisecondsOf(date) - nowMs) > VALID_MS) return false;
  const names = signedNames.split(';');
  if (!['host', 'x-amz-date'].every((name) => names.includes(name))) return false;
  const canonicalRequest = [
    request.method,
    request.path,
    request.query.toString(),
    ...names.map((name) => `${name}:${header(name).trim().replaceAll(/\s+/g, ' ')}`),
    '',
    signedNames,
    sha256(request.body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonicalRequest)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>((parent, part) => hmac(parent, part), `AWS4${keys.secretAccessKey}`);
  return hmac(key, text).toString('hex') === signature;
}

/** Milliseconds since 1970 of a date such as `20261127T120000Z`. `NaN` for another text. */
const millisecondsOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
