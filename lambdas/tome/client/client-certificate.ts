import type { AgentOptions } from 'node:https';

/** Texts in PEM, for mutual TLS. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  /** The authority that issued the server's certificate. Default: the public ones. */
  readonly authority?: string | undefined;
}

export const tlsOptionsOf = (certificate: ClientCertificate | undefined): AgentOptions =>
  certificate === undefined
    ? {}
    : {
        cert: certificate.certificate,
        key: certificate.privateKey,
        ...(certificate.authority === undefined ? {} : { ca: certificate.authority }),
      };
