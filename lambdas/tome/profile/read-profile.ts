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
  const { success, data, error } = z.safeParse(tomeProfileSchema, written, { error: sentenceOfKind });
  if (success) return { profile: data };
  return { faults: [...new Set(error.issues.flatMap((issue) => sentencesOf(issue, written)))] };
}

type Issue = z.core.$ZodIssue;

function sentencesOf(issue: Issue, written: unknown): readonly string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')} is not a line of a profile`);
  }
  const at = path.length === 0 ? 'the profile' : path.join('.');
  return [`${at} ${valueAt(written, path) === undefined ? 'must be set' : issue.message}`];
}

/** `undefined` where the text has no such line. */
const valueAt = (written: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined,
    written,
  );

const KINDS: Readonly<Record<string, string>> = {
  string: 'must be text',
  boolean: 'must be true or false',
  object: 'must be an object',
  array: 'must be a list',
};

/** For a line whose schema has no sentence of its own. */
function sentenceOfKind(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? 'has a value of another kind';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_union' && issue.inclusive !== false) {
    return `must be one of ${(issue.options ?? []).map(String).join(', ')}`;
  }
  return 'has a value that a profile cannot have';
}
