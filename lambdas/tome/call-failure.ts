import { type TomeError, TomeRateLimited } from '../tokenization/errors/tome-error.ts';

/**
 * What the failures of one call's attempts amount to: the last one that leaves open what happened, because a request that is on its way may
 * still arrive whatever ended the later attempts; and when none does, the last one.
 */
export const graverFailure = (earlier: TomeError | null, later: TomeError): TomeError =>
  earlier !== null && leavesOpen(earlier) && !leavesOpen(later) ? earlier : later;

const leavesOpen = (failure: TomeError): boolean => failure.attempts > 0 && !(failure instanceof TomeRateLimited);

/** The failure of an attempt as the failure of the whole call, with the requests that may have reached TOME in all of it. */
export function withAttempts(failure: TomeError, attempts: number): TomeError {
  if (failure.attempts === attempts) return failure;
  const details = { attempts, retryAfterSeconds: failure.retryAfterSeconds, cause: failure };
  return new (failure.constructor as new (message: string, details: object) => TomeError)(failure.message, details);
}
