import { readSecret, SecretUnusable } from '../runtime/aws/secret.ts';
import { describe } from '../runtime/logging/describe-error.ts';
import { logger } from '../runtime/logging/logger.ts';
import type { Settings } from '../runtime/setting-groups.ts';
import { findCredentialFault } from '../tome/client/authentication/credential-text.ts';
import type { CredentialSource } from '../tome/client/authentication/stored-credential.ts';
import { CERTIFICATE_FORM, type ClientCertificate, readClientCertificate } from '../tome/client/client-certificate.ts';

type TomeSettings = Settings<'domain' | 'tome'>;

export interface TomeSecrets {
  /** `null` if the profile needs none. */
  readonly credential: CredentialSource | null;
  readonly certificate: ClientCertificate | undefined;
}

/** Reads the secrets that the profile asks for. Rejects with SecretUnusable. */
export async function readTomeSecrets(settings: TomeSettings): Promise<TomeSecrets> {
  const [credential, certificate] = await Promise.all([credentialOf(settings), certificateOf(settings)]);
  return { credential, certificate };
}

async function credentialOf(settings: TomeSettings): Promise<CredentialSource | null> {
  const { TOME_CREDENTIAL: given, TOME_CREDENTIAL_SECRET_ID: secretId, TOME_PROFILE: profile } = settings;
  const onUnreadable = (error: unknown): void => {
    logger.warn('credential of TOME', { error: describe(error) });
  };
  if (given !== undefined) return { text: given, read: async () => given, onUnreadable };
  if (secretId === undefined) return null;
  const read = async (): Promise<string> => {
    const text = await readSecret(secretId);
    const fault = findCredentialFault(profile.authentication, text);
    if (fault !== null) throw new SecretUnusable(`The secret ${secretId} ${fault}.`);
    return text;
  };
  return { text: await read(), read, onUnreadable };
}

async function certificateOf(settings: TomeSettings): Promise<ClientCertificate | undefined> {
  const { TOME_CLIENT_CERTIFICATE: given, TOME_CLIENT_CERTIFICATE_SECRET_ID: secretId } = settings;
  if (given !== undefined) return readClientCertificate(given) ?? undefined;
  if (secretId === undefined) return undefined;
  const certificate = readClientCertificate(await readSecret(secretId));
  if (certificate === null) throw new SecretUnusable(`The secret ${secretId} ${CERTIFICATE_FORM}.`);
  return certificate;
}
