import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type { DomainSettings, Environment, TomeCredentials } from './environment.ts';
import { type CredentialLine, credentialLinesOf, writtenCredentials } from './tome-of-domain.ts';

/** Credentials that a domain's profile asks for and does not have, or the reverse, or malformed. */
export function credentialFaults(
  environment: Environment,
  { domain, settings, profile }: { domain: string; settings: DomainSettings; profile: TomeProfile },
): readonly string[] {
  const hasOwn = settings.tomeCredentials !== undefined;
  const hasOwnProfile = settings.tomeProfile !== undefined;
  const ofDomain = `${domain}: tomeCredentials`;
  const written = writtenCredentials(environment, settings);
  const lines = Object.entries(credentialLinesOf(profile)) as [CredentialLine, string | null][];
  const missingOrUnused = lines.flatMap(([line, askedBy]) => {
    const isGiven = isWritten(written, line);
    if (askedBy !== null && !isGiven) {
      const where = hasOwn || hasOwnProfile ? ofDomain : 'tome';
      return [`${where}.${line} must be set, because the profile ${profile.name} has ${askedBy}.`];
    }
    // What the environment has and this profile does not use can be for the other domains.
    if (askedBy !== null || !isGiven || (hasOwnProfile && !hasOwn)) return [];
    return [
      `${hasOwn ? ofDomain : 'tome'}.${line} must not be set, because the profile ${profile.name} does not use it.`,
    ];
  });
  return missingOrUnused.length > 0
    ? missingOrUnused
    : formFaults(environment, written).map((fault) => `${hasOwn ? ofDomain : 'tome'}.${fault}`);
}

const isWritten = (written: TomeCredentials, line: CredentialLine): boolean =>
  line === 'executeApiArns' ? (written.executeApiArns ?? []).length > 0 : written[line] !== undefined;

function formFaults(environment: Environment, written: TomeCredentials): readonly string[] {
  const { credentialSecretArn, clientCertificateSecretArn, secretsKeyArn, executeApiArns = [] } = written;
  const isOwn = (arn: string, service: string, form: RegExp): boolean => {
    const [, , ofService, region, account, ...rest] = arn.split(':');
    return (
      arn.startsWith('arn:aws') &&
      ofService === service &&
      region === environment.region &&
      account === environment.account &&
      form.test(rest.join(':'))
    );
  };
  return [
    ...Object.entries({ credentialSecretArn, clientCertificateSecretArn }).flatMap(([line, arn]) =>
      // A secret's ARN ends with six characters that Secrets Manager adds to its name.
      arn === undefined || isOwn(arn, 'secretsmanager', /^secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/)
        ? []
        : [`${line} must be the whole ARN of a secret in the environment's account and region.`],
    ),
    ...(secretsKeyArn === undefined || isOwn(secretsKeyArn, 'kms', /^key\/[\w-]+$/)
      ? []
      : ["secretsKeyArn must be the ARN of a key in the environment's account and region."]),
    ...(secretsKeyArn !== undefined && credentialSecretArn === undefined && clientCertificateSecretArn === undefined
      ? ['secretsKeyArn must not be set without a secret.']
      : []),
    ...(executeApiArns.every(isMethod) ? [] : ['executeApiArns must be ARNs of POST methods, without wildcards.']),
  ];
}

/** TOME's API can be in another account and region. All its operations are POST requests. */
const isMethod = (arn: string): boolean =>
  /^arn:aws[a-z-]*:execute-api:[a-z0-9-]+:\d{12}:[a-z0-9]+\/[\w-]+\/POST\/[\w./~-]+$/.test(arn);
