import type { IncomingHttpHeaders } from 'node:http';

/** The longest pause that one answer can demand. */
const MAX_RETRY_AFTER_SECONDS = 60;

/**
 * Retry-After in whole seconds, or `null` when it is absent or unreadable. A date is compared with
 * the answer's own Date header, so that a wrong clock of this machine has no effect.
 */
export function retryAfterSeconds(headers: IncomingHttpHeaders): number | null {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return null;
  const seconds = /^[0-9]+$/.test(text) ? Number(text) : secondsUntil(text, headers.date);
  return seconds === null ? null : Math.min(MAX_RETRY_AFTER_SECONDS, seconds);
}

function secondsUntil(text: string, answeredAt: string | undefined): number | null {
  // An HTTP date begins with the name of the day. Date.parse accepts many texts that are no dates.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null;
  const untilMs = Date.parse(text);
  if (Number.isNaN(untilMs)) return null;
  const nowMs = answeredAt === undefined ? Number.NaN : Date.parse(answeredAt);
  return Math.max(0, Math.ceil((untilMs - (Number.isNaN(nowMs) ? Date.now() : nowMs)) / 1_000));
}
