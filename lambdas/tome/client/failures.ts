import {
  LastingAnswer,
  TomeAccessDenied,
  TomeAnswerInvalid,
  type TomeError,
  TomeGatewayAnswered,
  TomeOutcomeUnknown,
  TomeRateLimited,
  TomeUnavailable,
} from '../../tokenization/tome-errors.ts';
import type { Operation } from '../contract/contract.ts';

/** The request was sent, and no answer came within the attempt's timeout. */
export class AttemptTimedOut extends TomeOutcomeUnknown {}

/** The connection was not ready within the attempt's timeout, so nothing was sent. */
export class ConnectTimedOut extends TomeUnavailable {}

/** Node.js refuses to write the request. This is no sign that TOME is down. */
export class RequestUnwritable extends TomeUnavailable {}

/**
 * A reused connection was closed before the first byte of the answer. Usually the other side closed
 * it while it was idle, so this is no sign that TOME is down. The request counts as sent.
 */
export class ReusedConnectionLost extends TomeOutcomeUnknown {}

/**
 * A reused connection gave no answer. It can be dead after a freeze of the function, or TOME is
 * slow.
 */
export class ReusedConnectionSilent extends AttemptTimedOut {}

/** There is no valid credential for TOME, so nothing was sent. */
export class CredentialUnavailable extends TomeUnavailable {}

/** TOME answered 401: it did not accept the credential. */
export class CredentialRefused extends TomeAccessDenied {}

/** TOME answered 401, and another credential takes the place of the refused one. */
export class CredentialReplaced extends CredentialRefused {}

/** TOME answered 500, which can be caused by the item. */
export class ServerFaulted extends TomeOutcomeUnknown {}

/** A 5xx with Retry-After. */
export class ServerUnavailable extends TomeOutcomeUnknown {}

/**
 * The failure that describes a whole call: the last one whose request may still take effect,
 * because a later refusal does not stop an earlier request. Without such a failure, or when TOME
 * gave a lasting answer, it is the last failure.
 */
export const mostUncertainFailure = (earlier: TomeError | null, later: TomeError): TomeError =>
  earlier !== null && mayTakeEffect(earlier) && !mayTakeEffect(later) && !(later instanceof LastingAnswer)
    ? earlier
    : later;

const mayTakeEffect = (failure: TomeError): boolean =>
  failure.attempts > 0 && !(failure instanceof TomeRateLimited) && !(failure instanceof LastingAnswer);

/** The same failure with the number of requests of the whole call that may have reached TOME. */
export function withAttempts(failure: TomeError, attempts: number): TomeError {
  if (failure.attempts === attempts) return failure;
  const details = { attempts, retryAfterSeconds: failure.retryAfterSeconds, cause: failure };
  return new (failure.constructor as new (message: string, details: object) => TomeError)(failure.message, details);
}

/**
 * Whether a retry is safe and can have another answer. Every operation but prefetch can be
 * repeated, because the same source and token give the same answer. A lost prefetch answer has used
 * its tokens, so prefetch is repeated only when it was refused with 429 or nothing was sent.
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

export const isOfReusedConnection = (failure: TomeError): boolean =>
  failure instanceof ReusedConnectionLost || failure instanceof ReusedConnectionSilent;

/** Whether the item of the request may be the cause, and not TOME. */
export const mayBeAboutItem = (failure: TomeError): boolean =>
  failure instanceof TomeAnswerInvalid ||
  failure instanceof TomeGatewayAnswered ||
  failure instanceof TomeAccessDenied ||
  failure instanceof ServerFaulted;

/** Milliseconds that TOME, or a gateway in front of it, asked to wait. */
export const requestedPauseMs = (failure: TomeError): number =>
  failure instanceof TomeRateLimited || failure instanceof ServerUnavailable ? failure.retryAfterSeconds * 1_000 : 0;
