import { readFileSync } from 'node:fs';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { CannotStart } from '../program/cannot-start.ts';
import { randomCredential } from '../simulator/access/credential.ts';

/**
 * Replaces the path of a JSON file in TOME_PROFILE by the file's content, so that everything after
 * it reads the profile as on AWS. A text with `/`, or one that ends with `.json`, is a path. Throws
 * CannotStart if the file cannot be read.
 */
export function readProfileFile(): void {
  const path = process.env['TOME_PROFILE']?.trim() ?? '';
  if (path.startsWith('{') || !(path.includes('/') || path.endsWith('.json'))) return;
  try {
    process.env['TOME_PROFILE'] = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new CannotStart(`TOME_PROFILE: the file ${path} cannot be read (${code}).`);
  }
}

/**
 * A credential in the form that the profile asks for, in the place of the one that the simulator
 * makes up. Empty if the profile asks for none, or is invalid.
 */
export function placeholderCredential(): { readonly TOME_CREDENTIAL?: string } {
  const read = readTomeProfile(process.env['TOME_PROFILE'] || 'simulator');
  const credential = 'faults' in read ? null : randomCredential(read.profile.authentication);
  return credential === null ? {} : { TOME_CREDENTIAL: credential };
}

/** The profile of TOME_PROFILE. Throws InvalidSettings, with all faults of the profile. */
export const localProfile = (): TomeProfile => readSettings(['domain'], process.env).TOME_PROFILE;
