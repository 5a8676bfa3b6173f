import { readFileSync } from 'node:fs';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { type ReadProfile, readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { CannotStart } from '../program/cannot-start.ts';
import { randomCredential } from '../simulator/access/credential.ts';
import { writtenProfile } from '../simulator/served-profile.ts';

/**
 * Makes TOME_PROFILE what the functions of the local stack can read: the content of a file in the
 * place of its path, and no client certificate, because the local simulator asks for none. An
 * invalid profile is left for the settings to report. Throws CannotStart if the file cannot be
 * read.
 */
export function useLocalProfile(): void {
  readProfileFile();
  const read = readProfile();
  if ('faults' in read || !read.profile.clientCertificate) return;
  process.env['TOME_PROFILE'] = JSON.stringify({ ...writtenProfile(read.profile), clientCertificate: false });
  for (const name of ['TOME_CLIENT_CERTIFICATE', 'TOME_CLIENT_CERTIFICATE_SECRET_ID']) delete process.env[name];
}

/** A text with `/`, or one that ends with `.json`, is a path. */
function readProfileFile(): void {
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
 * Throws CannotStart when a secret is named: the settings of the functions would have it beside the
 * credential of the simulator.
 */
export function refuseCredentialSecret(): void {
  if ((process.env['TOME_CREDENTIAL_SECRET_ID'] ?? '') === '') return;
  throw new CannotStart(
    'TOME_CREDENTIAL_SECRET_ID must not be set: local programs make their own credential for the simulator. Set TOME_CREDENTIAL for another one.',
  );
}

/**
 * A credential in the form that the profile asks for, in the place of the one that the simulator
 * makes up. Empty if the profile asks for none, or is invalid.
 */
export function placeholderCredential(): { readonly TOME_CREDENTIAL?: string } {
  const read = readProfile();
  const credential = 'faults' in read ? null : randomCredential(read.profile.authentication);
  return credential === null ? {} : { TOME_CREDENTIAL: credential };
}

const readProfile = (): ReadProfile => readTomeProfile(process.env['TOME_PROFILE'] || 'simulator');

/** The profile of TOME_PROFILE. Throws InvalidSettings, with all faults of the profile. */
export const localProfile = (): TomeProfile => readSettings(['domain'], process.env).TOME_PROFILE;
