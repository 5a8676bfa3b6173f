import * as z from 'zod/mini';
import { findProfileFaults } from './profile-faults.ts';
import { isShipped, SHIPPED_PROFILES } from './shipped-profiles.ts';
import { type TomeProfile, tomeProfileSchema } from './tome-profile.ts';

export type ReadProfile = { readonly profile: TomeProfile } | { readonly faults: readonly string[] };

/**
 * A profile from its text: the name of a shipped one, or JSON. Otherwise all its faults, each of
 * which follows the name of the setting. No value of the text is quoted, apart from names of lines.
 */
export function readTomeProfile(text: string): ReadProfile {
  if (!text.trimStart().startsWith('{')) {
    if (isShipped(text)) return parseTomeProfile(SHIPPED_PROFILES[text]);
    const names = Object.keys(SHIPPED_PROFILES).join(', ');
    return { faults: [`must be one of ${names}, or the JSON of a profile (docs/tome.md)`] };
  }
  try {
    return parseTomeProfile(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return { faults: ['must be valid JSON'] };
    throw error;
  }
}

/** A profile from an object that may have any content. */
export function parseTomeProfile(written: unknown): ReadProfile {
  const read = parseProfileLines(written);
  if ('faults' in read) return read;
  const faults = findProfileFaults(read.profile);
  return faults.length === 0 ? read : { faults };
}

/**
 * The same for a draft: each line has a value of its kind, but some values may still be unknown, so
 * that they do not fit together.
 */
export function parseProfileLines(written: unknown): ReadProfile {
  const { success, data, error } = z.safeParse(tomeProfileSchema, written);
  return success ? { profile: data } : { faults: error.issues.flatMap(sentencesOf) };
}

function sentencesOf(issue: z.core.$ZodIssue): readonly string[] {
  const at = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...issue.path.map(String), key].join('.')} is not a line of a profile`);
  }
  return [`${at === '' ? 'the profile' : at} ${issue.message}`];
}
