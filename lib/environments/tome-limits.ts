import * as z from 'zod/mini';
import { settingGroups } from '../../lambdas/runtime/setting-groups.ts';
import { type CallPlan, callsOfDomain, findExcess } from '../../lambdas/tome/profile/planned-calls.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { variablesOf } from './domain-settings.ts';
import type { DomainSettings, Environment } from './environment.ts';
import { hostsOf, readProfileOf } from './tome-of-domain.ts';

/**
 * Sentences about a TOME that all its domains together would call more often than it takes, one for
 * each limit. A domain whose profile or numbers are faulty is not counted: its own faults are
 * reported.
 */
export function limitFaults(environment: Environment): readonly string[] {
  const domains = plannedDomains(environment);
  const sentences = domains.flatMap((domain) => {
    const excess = findExcess(domain.profile.limits, sharingWith(domain, domains));
    return excess === null ? [] : [`${excess}.`];
  });
  return [...new Set(sentences)];
}

/** Calls a second of the other domains, for TOME_OTHER_CALLS_PER_SECOND of this domain. */
export function otherCallsOf(environment: Environment, name: string): number {
  const domains = plannedDomains(environment);
  const own = domains.find(({ domain }) => domain === name);
  if (own === undefined) return 0;
  return sharingWith(own, domains)
    .filter((other) => other !== own)
    .reduce((sum, { plan }) => sum + callsOfDomain(own.profile.limits, plan), 0);
}

interface PlannedDomain {
  readonly domain: string;
  readonly profile: TomeProfile;
  readonly plan: CallPlan;
  /** The hosts of both namespaces. */
  readonly hosts: readonly [string, string];
}

function plannedDomains(environment: Environment): readonly PlannedDomain[] {
  // The emulator has one TOME, whose address only its starter knows.
  const tomeUrl = environment.kind === 'aws' ? environment.tome.url : 'http://emulator';
  return Object.entries(environment.domains).flatMap(([domain, settings]) => {
    const read = readProfileOf(environment, settings);
    const plan = planOf(settings);
    if ('faults' in read || plan === null) return [];
    return [{ domain, profile: read.profile, plan, hosts: hostsOf(read.profile, tomeUrl) }];
  });
}

/**
 * All domains that TOME counts together with this one: those with a host in common, or a namespace
 * if the limit is for each namespace.
 */
function sharingWith(own: PlannedDomain, domains: readonly PlannedDomain[]): readonly PlannedDomain[] {
  const limitedBy = ({ hosts: [host1, host2], profile: { namespaces } }: PlannedDomain) =>
    own.profile.limits.scope === 'namespace'
      ? [`${host1} ${namespaces.ns1.name}`, `${host2} ${namespaces.ns2.name}`]
      : [host1, host2];
  const limited = limitedBy(own);
  return domains.filter((other) => limitedBy(other).some((name) => limited.includes(name)));
}

/** `null` when a number is out of its bounds. */
function planOf({ settings, expectedPeak }: DomainSettings): CallPlan | null {
  const { success, data } = z.safeParse(plannedSettings, {
    ...variablesOf('strategy', settings),
    ...variablesOf('tome', settings),
    ...variablesOf('creation', settings),
  });
  const { creationsPerSecond: creations, readsPerSecond: reads } = expectedPeak;
  if (!success || !Number.isInteger(creations) || !Number.isInteger(reads)) return null;
  const isPooled = data.TOKENIZER === 'pooled';
  return {
    creations,
    reads,
    batch: data.TOME_BATCH_CALLS_PER_SECOND,
    direct: isPooled ? data.DIRECT_CREATIONS_PER_SECOND : 0,
    liveLimit: data.TOME_LIVE_CALLS_PER_SECOND,
    isWithoutPairs: !isPooled,
  };
}

/** The settings that a plan depends on, with their defaults. */
const plannedSettings = z.object({
  TOKENIZER: settingGroups.strategy.TOKENIZER,
  TOME_BATCH_CALLS_PER_SECOND: settingGroups.tome.TOME_BATCH_CALLS_PER_SECOND,
  TOME_LIVE_CALLS_PER_SECOND: settingGroups.tome.TOME_LIVE_CALLS_PER_SECOND,
  DIRECT_CREATIONS_PER_SECOND: settingGroups.creation.DIRECT_CREATIONS_PER_SECOND,
});
