import { type ReadProfile, readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import { asksForCredential, type TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type { DomainSettings, Environment, TomeCredentials, TomeProfileChoice } from './environment.ts';

/** The emulator's starter starts the simulator. */
const PROFILE_OF_EMULATOR = 'simulator';

/** The value of TOME_PROFILE in a domain: the name of a shipped profile, or compact JSON. */
export function profileTextOf(environment: Environment, settings: DomainSettings): string {
  const ofEnvironment: TomeProfileChoice = environment.kind === 'aws' ? environment.tome.profile : PROFILE_OF_EMULATOR;
  const choice = settings.tomeProfile ?? ofEnvironment;
  return typeof choice === 'string' ? choice : JSON.stringify(choice);
}

/** The profile of a domain or its faults, from the text that its functions read at their start. */
export const readProfileOf = (environment: Environment, settings: DomainSettings): ReadProfile =>
  readTomeProfile(profileTextOf(environment, settings));

/** The profile of a domain. Throws when it has faults, which validate-environment.ts reports. */
export function profileOf(environment: Environment, settings: DomainSettings): TomeProfile {
  const read = readProfileOf(environment, settings);
  if ('faults' in read) throw new Error(`${environment.name}: the profile of TOME ${read.faults.join(', ')}.`);
  return read.profile;
}

export type CredentialLine = 'credentialSecretArn' | 'clientCertificateSecretArn' | 'executeApiArns';

/** The lines of the credentials that a profile asks for, each with the line that asks for it. */
export function credentialLinesOf({
  authentication,
  clientCertificate,
}: TomeProfile): Readonly<Record<CredentialLine, string | null>> {
  return {
    credentialSecretArn: asksForCredential(authentication) ? `authentication ${authentication.kind}` : null,
    clientCertificateSecretArn: clientCertificate ? 'clientCertificate' : null,
    executeApiArns: authentication.kind === 'sigv4' ? 'authentication sigv4' : null,
  };
}

/** The credentials that are written for a domain, also those that its profile does not ask for. */
export const writtenCredentials = (environment: Environment, settings: DomainSettings): TomeCredentials =>
  settings.tomeCredentials ?? (environment.kind === 'aws' ? environment.tome : {});

/** The credentials that the profile of a domain asks for. */
export function credentialsOf(environment: Environment, settings: DomainSettings): TomeCredentials {
  const lines = credentialLinesOf(profileOf(environment, settings));
  const written = writtenCredentials(environment, settings);
  const { credentialSecretArn, clientCertificateSecretArn, secretsKeyArn, executeApiArns } = written;
  const isSecret = lines.credentialSecretArn !== null || lines.clientCertificateSecretArn !== null;
  return {
    ...(lines.credentialSecretArn === null || credentialSecretArn === undefined ? {} : { credentialSecretArn }),
    ...(lines.clientCertificateSecretArn === null || clientCertificateSecretArn === undefined
      ? {}
      : { clientCertificateSecretArn }),
    ...(!isSecret || secretsKeyArn === undefined ? {} : { secretsKeyArn }),
    ...(lines.executeApiArns === null || executeApiArns === undefined ? {} : { executeApiArns }),
  };
}

/** The URL of the authorization server; `null` if it is a path of TOME or there is none. */
export const tokenUrlOf = ({ authentication }: TomeProfile): string | null =>
  authentication.kind === 'oauth2' && !authentication.tokenUrl.startsWith('/') ? authentication.tokenUrl : null;

/** Whether OAuth 2.0 tokens come from another host than TOME's. */
export function hasOtherTokenHost(profile: TomeProfile, tomeUrl: string): boolean {
  const tokenUrl = tokenUrlOf(profile);
  return tokenUrl !== null && !hostsOf(profile, tomeUrl).includes(hostOf(tokenUrl));
}

/** The hosts of both namespaces, in lower case and with a port if there is one. */
export const hostsOf = ({ namespaces: { ns1, ns2 } }: TomeProfile, tomeUrl: string): readonly [string, string] => [
  hostOf(ns1.url ?? tomeUrl),
  hostOf(ns2.url ?? tomeUrl),
];

/** Empty if it is no URL, which validate-environment.ts reports. */
const hostOf = (url: string): string => URL.parse(url)?.host ?? '';
