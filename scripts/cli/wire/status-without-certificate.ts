import https from 'node:https';
import type { ClientCertificate } from '../../../lambdas/tome/client/client-certificate.ts';

export interface UncertifiedRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of it only the authority of the server is used. */
  readonly certificate: ClientCertificate | undefined;
  readonly timeoutMs: number;
}

/**
 * The status of the answer to a caller who shows no client certificate but trusts the server like
 * the product does; `null` when the server gave no answer. The product's connections always show
 * their certificate.
 */
export function statusWithoutCertificate(request: UncertifiedRequest): Promise<number | null> {
  const { url, headers, body, certificate, timeoutMs } = request;
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const sent = https.request(url, {
    method: 'POST',
    agent: false,
    timeout: timeoutMs,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    ...(certificate?.authority === undefined ? {} : { ca: certificate.authority }),
  });
  sent.once('response', (answer) => {
    answer.on('error', () => undefined).resume();
    resolve(answer.statusCode ?? null);
  });
  sent.once('timeout', () => sent.destroy());
  sent.on('error', () => resolve(null));
  sent.once('close', () => resolve(null));
  sent.end(body);
  return promise;
}
