import type { Random } from '../../tokenization/ports/clock.ts';

export interface RetryTiming {
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
}

/**
 * Milliseconds to wait before the retry that follows attempt number `attempt` (1, 2, ...): exponential with full jitter, so that clients that failed
 * together do not come back together. TOME's own Retry-After, in milliseconds, is never undercut.
 */
export function retryDelayMs(
  attempt: number,
  { backoffBaseMs, backoffCapMs }: RetryTiming,
  random: Random,
  retryAfterMs = 0,
): number {
  const ceilingMs = Math.min(backoffCapMs, backoffBaseMs * 2 ** (attempt - 1));
  return retryAfterMs + random() * ceilingMs;
}
