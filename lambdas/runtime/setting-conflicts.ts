import { findCredentialFault } from '../tome/client/authentication/credential-text.ts';
import { CERTIFICATE_FORM, readClientCertificate } from '../tome/client/client-certificate.ts';
import { faultsAtUrl } from '../tome/profile/namespace-addresses.ts';
import { asksForCredential, type TomeProfile } from '../tome/profile/tome-profile.ts';
import type { GroupName } from './setting-groups.ts';
import { tomeLimitConflicts } from './tome-limit-conflicts.ts';

type Values = Readonly<Record<string, unknown>>;

/** Sentences about settings that do not fit together. Each holds only if both groups are read. */
export const conflictsBetween = (values: Values, groups: ReadonlySet<GroupName>): readonly string[] => [
  ...conflictsBesideLimits(values, groups),
  ...tomeLimitConflicts(values, groups),
];

/** All of them but the sum of the calls to TOME. */
export function conflictsBesideLimits(values: Values, groups: ReadonlySet<GroupName>): readonly string[] {
  // The direct strategy (TOKENIZER=direct) has neither a database nor idempotency keys.
  const isPooled = values['TOKENIZER'] !== 'direct';
  return [
    ...(groups.has('database') && isPooled ? addressConflicts(values) : []),
    ...(groups.has('idempotency') && isPooled ? hashKeyConflicts(values) : []),
    ...(groups.has('tome') ? tomeConflicts(values) : []),
    ...(groups.has('prefetch') ? bulkConflicts(values) : []),
    ...checkDigitConflicts(values),
    ...(groups.has('domain') ? sourceConflicts(values) : []),
    ...orderConflicts(values),
  ];
}

const countGiven = (values: Values, ...names: readonly string[]): number =>
  names.filter((name) => values[name] !== undefined).length;

function addressConflicts(values: Values): readonly string[] {
  const faults: string[] = [];
  if (countGiven(values, 'DATABASE_URL', 'DATABASE_SECRET_ID', 'DATABASE_USER') !== 1) {
    faults.push('exactly one of DATABASE_URL, DATABASE_SECRET_ID and DATABASE_USER must be set');
  }
  if (countGiven(values, 'DATABASE_USER') > countGiven(values, 'DATABASE_HOST')) {
    faults.push('DATABASE_HOST must be set with DATABASE_USER');
  }
  return faults;
}

const hashKeyConflicts = (values: Values): readonly string[] =>
  countGiven(values, 'IDEMPOTENCY_HMAC_SECRET', 'IDEMPOTENCY_HMAC_SECRET_ID') === 1
    ? []
    : ['exactly one of IDEMPOTENCY_HMAC_SECRET and IDEMPOTENCY_HMAC_SECRET_ID must be set'];

/** Code that reads the group without the group `domain`, such as a script, calls no TOME. */
const profileOf = (values: Values): TomeProfile | null => (values['TOME_PROFILE'] as TomeProfile | undefined) ?? null;

/**
 * The profile must fit the URL, and the credential and the certificate must be given exactly if the
 * profile asks for them.
 */
function tomeConflicts(values: Values): readonly string[] {
  const profile = profileOf(values);
  if (profile === null) return [];
  const { authentication, clientCertificate } = profile;
  const credential = values['TOME_CREDENTIAL'];
  const certificate = values['TOME_CLIENT_CERTIFICATE'];
  const credentialFault = typeof credential === 'string' ? findCredentialFault(authentication, credential) : null;
  return [
    ...faultsAtUrl(profile, String(values['TOME_URL']), 'TOME_URL').map((fault) => `TOME_PROFILE ${fault}`),
    ...secretConflicts(values, 'TOME_CREDENTIAL', {
      isAskedFor: asksForCredential(authentication),
      because: `TOME_PROFILE has the authentication ${authentication.kind}`,
    }),
    ...secretConflicts(values, 'TOME_CLIENT_CERTIFICATE', {
      isAskedFor: clientCertificate,
      because: `TOME_PROFILE has clientCertificate ${clientCertificate}`,
    }),
    ...(credentialFault === null ? [] : [`TOME_CREDENTIAL ${credentialFault}`]),
    ...(typeof certificate === 'string' && readClientCertificate(certificate) === null
      ? [`TOME_CLIENT_CERTIFICATE ${CERTIFICATE_FORM}`]
      : []),
  ];
}

/** A secret is given by its text, or by its id in Secrets Manager. */
function secretConflicts(
  values: Values,
  name: string,
  { isAskedFor, because }: { readonly isAskedFor: boolean; readonly because: string },
): readonly string[] {
  const secretId = `${name}_SECRET_ID`;
  const given = [name, secretId].filter((setting) => values[setting] !== undefined);
  if (!isAskedFor) return given.map((setting) => `${setting} must not be set, because ${because}`);
  if (given.length === 0) return [`${secretId} or ${name} must be set, because ${because}`];
  return given.length === 1 ? [] : [`only one of ${name} and ${secretId} must be set`];
}

const bulkConflicts = (values: Values): readonly string[] =>
  values['PREFETCH_BULK_TOKENIZE'] === true && profileOf(values)?.bulkItems === null
    ? ['PREFETCH_BULK_TOKENIZE must be false, because TOME_PROFILE has no bulkItems']
    : [];

/** No reference of TOME could satisfy both. */
function checkDigitConflicts({ TOME_PROFILE, REFERENCE_LUHN }: Values): readonly string[] {
  const ofTome = (TOME_PROFILE as TomeProfile | undefined)?.namespaces.ns2.token.checkDigit ?? 'any';
  return ofTome === 'any' || REFERENCE_LUHN === 'any' || REFERENCE_LUHN === ofTome
    ? []
    : [
        `REFERENCE_LUHN must be any or ${ofTome}, because the references of TOME_PROFILE have namespaces.ns2.token.checkDigit ${ofTome}`,
      ];
}

/** The form of account numbers is complete, and nothing of it is given in vain. */
const sourceConflicts = (values: Values): readonly string[] =>
  ['SOURCE_LENGTHS', 'SOURCE_CHECK_DIGIT'].flatMap((name) => {
    const isForAccounts = values['SOURCE_FORM'] === 'account-number';
    if (isForAccounts === (values[name] !== undefined)) return [];
    return isForAccounts
      ? [`${name} must be set when SOURCE_FORM is account-number`]
      : [`${name} must not be set unless SOURCE_FORM is account-number`];
  });

/** Numbers of which one limits the other. A comparison with a setting that is not read is false. */
function orderConflicts(values: Values): readonly string[] {
  const number = (name: string): number => (typeof values[name] === 'number' ? values[name] : Number.NaN);
  const deadlineMs = number('REQUEST_DEADLINE_MS');
  const faults: string[] = [];
  if (deadlineMs * 2 < number('TOME_ATTEMPT_TIMEOUT_MS')) {
    faults.push('TOME_ATTEMPT_TIMEOUT_MS must be at most twice REQUEST_DEADLINE_MS, or no breaker would ever open');
  }
  if (number('POOL_TARGET_MIN') > number('POOL_TARGET_MAX')) {
    faults.push('POOL_TARGET_MIN must not be above POOL_TARGET_MAX');
  }
  if (number('RESERVATION_HORIZON_SECONDS') * 1_000 < 2 * deadlineMs) {
    faults.push(
      'RESERVATION_HORIZON_SECONDS must be at least twice REQUEST_DEADLINE_MS, or the settler would quarantine live requests',
    );
  }
  return faults;
}
