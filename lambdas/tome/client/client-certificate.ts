import type { AgentOptions } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import * as z from 'zod/mini';

const pem = z.string().check(z.minLength(1), z.maxLength(60_000));
const clientCertificate = z.object({
  certificate: pem,
  privateKey: pem,
  /** The authority that issued the server's certificate. Default: the public ones. */
  authority: z.optional(pem),
});

/** Texts in PEM, for mutual TLS. */
export type ClientCertificate = z.output<typeof clientCertificate>;

/** What a certificate's text must be, as the end of a sentence. */
export const CERTIFICATE_FORM =
  'must be JSON with certificate, its privateKey, and authority if TOME has a private one, each a text in PEM';

/** A certificate from JSON; `null` when it is not one, or its key belongs to another one. */
export function readClientCertificate(text: string): ClientCertificate | null {
  try {
    const { success, data } = z.safeParse(clientCertificate, JSON.parse(text));
    if (!success) return null;
    createSecureContext(tlsOptionsOf(data));
    return data;
  } catch {
    // The messages of both parsers can quote the text.
    return null;
  }
}

/** The same for a server that can also have a certificate of a public authority. */
export const withPublicAuthorities = (certificate: ClientCertificate): ClientCertificate =>
  certificate.authority === undefined
    ? certificate
    : { ...certificate, authority: [...getCACertificates('default'), certificate.authority].join('\n') };

export const tlsOptionsOf = (certificate: ClientCertificate | undefined): AgentOptions =>
  certificate === undefined
    ? {}
    : {
        cert: certificate.certificate,
        key: certificate.privateKey,
        ...(certificate.authority === undefined ? {} : { ca: certificate.authority }),
      };
