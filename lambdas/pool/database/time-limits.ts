/** The times that a Database allows itself, as shares of the query timeout and of the time left. */

/** A statement is not sent with less time than this, because its answer would not be waited for. */
const MIN_TIME_MS = 10;

/**
 * The share of the query timeout for opening a connection, and for a statement on a connection that
 * was used before. Such a connection may have been dropped without notice, so the other half is
 * left for a fresh one.
 */
const HALF = 0.5;

/**
 * The share of the time left, and of the query timeout, for work that has a fallback. The fallback
 * needs the rest.
 */
const FALLBACK_SHARE = 0.5;

/**
 * How long a request waits for the connection that probes whether the server is back. The probe
 * itself has its usual time: if it succeeds later, the next request finds the breaker closed.
 */
const PROBE_SHARE = 0.25;
const PROBE_SHARE_WITH_FALLBACK = 0.05;

export const openTimeoutMs = (queryTimeoutMs: number): number => queryTimeoutMs * HALF;

export const probeWaitMs = (queryTimeoutMs: number, hasFallback: boolean): number =>
  queryTimeoutMs * (hasFallback ? PROBE_SHARE_WITH_FALLBACK : PROBE_SHARE);

/** When work with a fallback must end, by the monotonic clock. */
export const endWithFallbackMs = (nowMs: number, deadlineMs: number, queryTimeoutMs: number): number =>
  nowMs + Math.min((deadlineMs - nowMs) * FALLBACK_SHARE, queryTimeoutMs * FALLBACK_SHARE);

/** The time for one execution, its connection included. Null when too little is left to begin. */
export const executionTimeMs = (leftMs: number, queryTimeoutMs: number): number | null =>
  leftMs < MIN_TIME_MS ? null : Math.min(leftMs, queryTimeoutMs);

/** How long to wait for a statement's answer. Null when too little time is left to send it. */
export function answerTimeMs(
  leftMs: number,
  queryTimeoutMs: number,
  { mayRetryOnFresh }: { readonly mayRetryOnFresh: boolean },
): number | null {
  const timeMs = Math.min(leftMs, queryTimeoutMs) * (mayRetryOnFresh ? HALF : 1);
  return timeMs < MIN_TIME_MS * HALF ? null : timeMs;
}
