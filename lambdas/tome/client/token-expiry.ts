import type { TomeProfile } from '../profile/tome-profile.ts';

const MS_PER_HOUR = 3_600_000;

/**
 * When TOME may issue the tokens of a prefetch again at the earliest, by the lifetime of the
 * profile; `null` without one. `askedAtMs` is a date before the request, because TOME counts from
 * a moment between request and answer.
 */
export const expiryByProfile = (
  { tokenLifetimeHours }: Pick<TomeProfile, 'tokenLifetimeHours'>,
  askedAtMs: number,
): Date | null => (tokenLifetimeHours === null ? null : new Date(askedAtMs + tokenLifetimeHours * MS_PER_HOUR));

/** The earlier of two expiries. `null` is none. */
export const earlierOf = (one: Date | null, other: Date | null): Date | null =>
  one === null || other === null ? (one ?? other) : one < other ? one : other;
