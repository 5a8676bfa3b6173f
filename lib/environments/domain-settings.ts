import { type GroupName, type Settings, settingGroups } from '../../lambdas/runtime/setting-groups.ts';
import { findSettingFaults, readSettings } from '../../lambdas/runtime/settings.ts';
import { DECIDED_SETTINGS, type SettableName, type WrittenSettings } from './decided-settings.ts';
import type { DomainSettings, Environment } from './environment.ts';
import { credentialLinesOf, profileTextOf, readProfileOf } from './tome-of-domain.ts';

type VariablesOf<Group extends GroupName> = {
  readonly [Name in keyof Settings<Group> & SettableName]?: string;
};

/** The settings that an environment sets, as texts. */
const textsOf = (settings: WrittenSettings): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));

/** The variables of a group of settings that the environment sets. */
export const variablesOf = <Group extends GroupName>(group: Group, settings: WrittenSettings): VariablesOf<Group> =>
  Object.fromEntries(
    Object.entries(textsOf(settings)).filter(([name]) => name in settingGroups[group]),
  ) as VariablesOf<Group>;

/** The values of these groups in a domain, with their defaults. Throws InvalidSettings. */
export const valuesOf = <Group extends GroupName>(groups: readonly Group[], settings: WrittenSettings) =>
  readSettings(groups, { ...textsOf(settings), ...RESOURCES });

/** The variables of the group `domain` that the settings of a domain cannot contain. */
export const identityVariables = (environment: Environment, domain: string, settings: DomainSettings) => ({
  PRODUCER_DOMAIN: domain,
  TOME_PROFILE: profileTextOf(environment, settings),
});

/**
 * What a function would refuse of the settings of a domain, one sentence each: unknown settings,
 * values outside their bounds, and values that do not fit each other or the profile. Faults of the
 * profile itself are reported by tome-faults.ts, and too many calls to TOME by tome-limits.ts.
 */
export function settingFaults(environment: Environment, domain: string, settings: DomainSettings): readonly string[] {
  const groups = Object.keys(settingGroups) as GroupName[];
  const misplaced = Object.keys(settings.settings).flatMap((name) => {
    const reason = Object.entries(DECIDED_SETTINGS).find(([decided]) => decided === name)?.[1];
    if (reason !== undefined) return [`${name} must not be set, because ${reason}.`];
    return groups.some((group) => name in settingGroups[group]) ? [] : [`${name} is no setting.`];
  });
  if (misplaced.length > 0) return misplaced;
  const { TOME_PROFILE, ...identity } = identityVariables(environment, domain, settings);
  const variables = { ...textsOf(settings.settings), ...RESOURCES, ...identity };
  const read = readProfileOf(environment, settings);
  const faults =
    'profile' in read
      ? findSettingFaults(groups, { ...variables, TOME_PROFILE, ...secretsOf(read.profile) })
      : // Nothing is compared with a profile that cannot be used.
        [['domain'] as const, groups.filter((group) => group !== 'domain')].flatMap((some) =>
          findSettingFaults(some, variables),
        );
  return faults.map((fault) => `${fault}.`);
}

/** In place of what only the deployment knows. */
const DEPLOYED = 'deployed';
const RESOURCES = {
  TOME_URL: 'https://deployed',
  EVENT_QUEUE_URL: 'https://deployed',
  DATABASE_SECRET_ID: DEPLOYED,
  IDEMPOTENCY_HMAC_SECRET_ID: DEPLOYED,
};

/** What the profile asks for. credential-faults.ts reports what is missing. */
function secretsOf(profile: Parameters<typeof credentialLinesOf>[0]): Readonly<Record<string, string>> {
  const { credentialSecretArn, clientCertificateSecretArn } = credentialLinesOf(profile);
  return {
    ...(credentialSecretArn === null ? {} : { TOME_CREDENTIAL_SECRET_ID: DEPLOYED }),
    ...(clientCertificateSecretArn === null ? {} : { TOME_CLIENT_CERTIFICATE_SECRET_ID: DEPLOYED }),
  };
}
