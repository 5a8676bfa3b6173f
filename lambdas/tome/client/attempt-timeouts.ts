import type { RequestTimeouts } from './tome-connections.ts';

/**
 * What a reused connection may take of the time until the deadline: a new one must fit after it.
 */
const REUSED_SHARE_OF_TIME_LEFT = 0.5;
/** What a connection that was idle for a while may take of an attempt's timeout. */
const STALE_SHARE_OF_TIMEOUT = 0.5;

/**
 * A reused connection gets less time than a new one, so that a dead one leaves time for a retry.
 * Without a retry it gets the whole timeout, because a slow TOME would fail for nothing.
 */
export function timeoutsOf(attemptTimeoutMs: number, timeLeftMs: number, hasRetry: boolean): RequestTimeouts {
  const timeoutMs = Math.min(attemptTimeoutMs, timeLeftMs);
  if (!hasRetry) return { timeoutMs, reusedTimeoutMs: timeoutMs, staleTimeoutMs: timeoutMs };
  const reusedTimeoutMs = Math.min(timeoutMs, timeLeftMs * REUSED_SHARE_OF_TIME_LEFT);
  return { timeoutMs, reusedTimeoutMs, staleTimeoutMs: Math.min(reusedTimeoutMs, timeoutMs * STALE_SHARE_OF_TIMEOUT) };
}
