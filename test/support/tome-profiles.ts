import type { ReferenceRules } from '../../lambdas/tokenization/model/reference-rules.ts';
import { parseTomeProfile, readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import { type TomeProfile, tokenFormsOf, type WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';

/** A profile of the repository. Throws when there is none of this name. */
export function profileNamed(name: string): TomeProfile {
  const read = readTomeProfile(name);
  if ('faults' in read) throw new Error(`${name} ${read.faults.join(', ')}`);
  return read.profile;
}

export const simulatorProfile = profileNamed('simulator');
export const simulatorForms = tokenFormsOf(simulatorProfile);

/** The rules of new references with the default settings and this profile. */
export const defaultRulesUnder = (profile: TomeProfile): ReferenceRules => ({
  referenceFormat: 'card-networks',
  luhnPolicy: 'must-fail',
  forms: tokenFormsOf(profile),
});

export const defaultRules = defaultRulesUnder(simulatorProfile);

/** The rules with a profile of the repository. */
export const rulesOf = (
  name: string,
  referenceFormat: ReferenceRules['referenceFormat'] = 'card-networks',
): ReferenceRules => ({ ...defaultRulesUnder(profileNamed(name)), referenceFormat });

/** The profile `simulator` with other lines. Throws when they cannot be used. */
export function simulatorProfileWith(lines: Partial<WrittenProfile>): TomeProfile {
  const read = parseTomeProfile(writtenWith(lines));
  if ('faults' in read) throw new Error(read.faults.join(', '));
  return read.profile;
}

/** The same as the value of TOME_PROFILE. */
export const profileText = (lines: Partial<WrittenProfile>): string => JSON.stringify(writtenWith(lines));

const writtenWith = (lines: Partial<WrittenProfile>): object => ({ ...SHIPPED_PROFILES.simulator, ...lines });

/** Another limit, for tests whose own limits are above the simulator's usual one. */
export const limitOf = (callsPerSecond: number): Pick<WrittenProfile, 'limits'> => ({
  limits: { ...SHIPPED_PROFILES.simulator.limits, callsPerSecond },
});

/** The profile with another number of calls a second, which settings of a trial must fit. */
export const withCallsPerSecond = (profile: TomeProfile, callsPerSecond: number): TomeProfile => ({
  ...profile,
  limits: { ...profile.limits, callsPerSecond },
});
