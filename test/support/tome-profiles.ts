import { readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import { type TomeProfile, tokenFormsOf } from '../../lambdas/tome/profile/tome-profile.ts';

/** A profile of the repository. Throws when there is none of this name. */
export function profileNamed(name: string): TomeProfile {
  const read = readTomeProfile(name);
  if ('faults' in read) throw new Error(`${name} ${read.faults.join(', ')}`);
  return read.profile;
}

export const simulatorProfile = profileNamed('simulator');
export const simulatorForms = tokenFormsOf(simulatorProfile);
