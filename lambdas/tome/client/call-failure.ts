import {
  LastingAnswer,
  TomeAccessDenied,
  TomeAnswerInvalid,
  type TomeError,
  TomeGatewayAnswered,
  TomeRateLimited,
} from '../../tokenization/tome-errors.ts';
import type { Operation } from '../contract/contract.ts';
import { KeptConnectionLost, KeptConnectionSilent, ServerFaulted } from './attempt-failure.ts';

/**
 * What the failures of one call's attempts amount to: the last one that leaves open what happened,
 * because a request that is on its way may still arrive whatever ended the later attempts; and when
 * none does, the last one. TOME's lasting word about the item is the end of the matter: whatever is
 * still on its way will be answered the same.
 */
export const graverFailure = (earlier: TomeError | null, later: TomeError): TomeError =>
  earlier !== null && leavesOpen(earlier) && !leavesOpen(later) && !(later instanceof LastingAnswer) ? earlier : later;

const leavesOpen = (failure: TomeError): boolean =>
  failure.attempts > 0 && !(failure instanceof TomeRateLimited) && !(failure instanceof LastingAnswer);

/**
 * The failure of an attempt as the failure of the whole call, with the requests that may have
 * reached TOME in all of it.
 */
export function withAttempts(failure: TomeError, attempts: number): TomeError {
  if (failure.attempts === attempts) return failure;
  const details = { attempts, retryAfterSeconds: failure.retryAfterSeconds, cause: failure };
  return new (failure.constructor as new (message: string, details: object) => TomeError)(failure.message, details);
}

/**
 * Whether the same request may be sent again at all. Not where it would be answered the same: a
 * lasting answer, a refused access, a gateway's page. Every operation but prefetch may be repeated:
 * the same source and token give the same answer. A prefetch answer that is lost has used its
 * tokens up, so only one that was refused or found no connection is sent again.
 */
export function mayRepeat(operation: Operation, failure: TomeError): boolean {
  if (
    failure instanceof LastingAnswer ||
    failure instanceof TomeAccessDenied ||
    failure instanceof TomeGatewayAnswered
  ) {
    return false;
  }
  return operation !== 'prefetch' || failure instanceof TomeRateLimited || failure.attempts === 0;
}

/**
 * Whether a kept connection failed, which says nothing about TOME: the request goes out again at
 * once on a new one.
 */
export const isOfKeptConnection = (failure: TomeError): boolean =>
  failure instanceof KeptConnectionLost || failure instanceof KeptConnectionSilent;

/** Whether the failure may be about what was asked, and not about TOME. */
export const mayBeAboutItem = (failure: TomeError): boolean =>
  failure instanceof TomeAnswerInvalid ||
  failure instanceof TomeGatewayAnswered ||
  failure instanceof TomeAccessDenied ||
  failure instanceof ServerFaulted;
