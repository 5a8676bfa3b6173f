import { existsSync, readFileSync } from 'node:fs';
import { parseProfileLines } from '../../../lambdas/tome/profile/read-profile.ts';
import { isShipped, SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import type { TomeProfile, WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';

/** A profile with lines that are still unknown, to start from. */
export interface Draft {
  readonly written: WrittenProfile;
  readonly profile: TomeProfile;
}

/**
 * A draft from the name of a shipped profile, or from a file. Its lines need not fit together yet,
 * and `unknown` may name some. Returns the faults otherwise, one sentence each.
 */
export function readDraft(given: string): Draft | { readonly faults: readonly string[] } {
  const written = isShipped(given) ? SHIPPED_PROFILES[given] : contentOf(given);
  if (written === undefined) {
    return { faults: [`must be one of ${Object.keys(SHIPPED_PROFILES).join(', ')}, or a file with the JSON of one`] };
  }
  const read = parseProfileLines(written);
  return 'faults' in read ? read : { written: written as WrittenProfile, profile: read.profile };
}

/** `undefined` if there is no file, or if it is not JSON. */
function contentOf(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
