import { readSettings } from '../../lambdas/runtime/settings.ts';
import { callsOfDomain, NO_CALLS } from '../../lambdas/tome/profile/planned-calls.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';

const DEFAULTS = readSettings(['tome', 'creation'], { TOME_URL: 'http://provided.later' });

/** The most that refills use of a small limit. It leaves the default rate at 250 calls a second. */
const BATCH_SHARE = 0.32;

/**
 * The rates of the local stack, which together fit the limit of the profile
 * (docs/capacity.md#limits-that-add-up). No other process makes live calls, so they may use all
 * that a refill leaves. Takes the rates of the environment into account.
 */
export function localRates(profile: TomeProfile): Readonly<Record<string, string>> {
  const { limits } = profile;
  const batch =
    given('TOME_BATCH_CALLS_PER_SECOND') ??
    Math.min(DEFAULTS.TOME_BATCH_CALLS_PER_SECOND, Number(shareOfLimit(profile, BATCH_SHARE)));
  const left = Math.max(1, limits.callsPerSecond - batch - (given('TOME_OTHER_CALLS_PER_SECOND') ?? 0));
  const callsOfDirect = callsOfDomain(limits, { ...NO_CALLS, direct: 1 });
  return {
    TOME_BATCH_CALLS_PER_SECOND: String(batch),
    TOME_LIVE_CALLS_PER_SECOND: String(Math.min(MOST_CALLS_PER_SECOND, left)),
    DIRECT_CREATIONS_PER_SECOND: String(
      Math.min(DEFAULTS.DIRECT_CREATIONS_PER_SECOND, Math.floor(left / callsOfDirect)),
    ),
  };
}

/** A text that is no number is reported when the functions read their settings. */
function given(name: string): number | null {
  const text = process.env[name] ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** The most calls a second that the settings allow. */
const MOST_CALLS_PER_SECOND = 10_000;

/** A share of the calls a second that TOME allows, as the text of a setting. */
export const shareOfLimit = ({ limits }: TomeProfile, share: number): string =>
  String(Math.min(MOST_CALLS_PER_SECOND, Math.max(1, Math.floor(limits.callsPerSecond * share))));
