import { InvalidSettings, readSettings } from '../../lambdas/runtime/settings.ts';
import type { DomainSettings, Environment } from './environment.ts';
import { profileTextOf, readProfileOf } from './tome-of-domain.ts';

/** The variables of the settings of the group `domain`. */
export function domainVariables(environment: Environment, domain: string, settings: DomainSettings) {
  const { UNACCEPTABLE_REFERENCES: _, ...references } = settings.references ?? {};
  return {
    PRODUCER_DOMAIN: domain,
    ...settings.source,
    ...references,
    TOME_PROFILE: profileTextOf(environment, settings),
  };
}

/**
 * What a function would refuse of these variables, one sentence each: values that do not fit each
 * other or the profile. Faults of the profile itself are reported by tome-faults.ts.
 */
export function domainFaults(environment: Environment, domain: string, settings: DomainSettings): readonly string[] {
  const { TOME_PROFILE, ...others } = domainVariables(environment, domain, settings);
  const isUsable = 'profile' in readProfileOf(environment, settings);
  try {
    readSettings(['domain'], isUsable ? { ...others, TOME_PROFILE } : others);
    return [];
  } catch (error) {
    if (error instanceof InvalidSettings) return error.faults.map((fault) => `${fault}.`);
    throw error;
  }
}
