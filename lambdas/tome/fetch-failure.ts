import { type TomeError, TomeOutcomeUnknown, TomeUnavailable } from '../tokenization/errors/tome-error.ts';

/** Nothing came within the attempt's time. */
export class AttemptTimedOut extends TomeOutcomeUnknown {}

/**
 * What a failed `fetch` says about its request: TomeUnavailable of no attempts when it certainly was not sent, TomeOutcomeUnknown of one otherwise.
 * Only the kind of failure is kept, never its message or itself as a cause: fetch's errors carry the request with them.
 */
export function fetchFailure(error: unknown): TomeError {
  const name = failureName(error);
  if (isWithoutConnection(error)) {
    return new TomeUnavailable(`TOME could not be reached: ${name}.`, { attempts: 0 });
  }
  const Unknown = name === 'TimeoutError' ? AttemptTimedOut : TomeOutcomeUnknown;
  return new Unknown(`TOME did not answer: ${name}.`, { attempts: 1 });
}

/**
 * Whether the name was not found or the connection not taken. fetch gives such an error only to requests that it has not written anywhere; whatever
 * happens on a connection that stood has another `syscall`. Anything less certain counts as sent: a pair may go back to the pool on this word.
 */
function isWithoutConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  const failures: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return (
    failures.length > 0 &&
    failures.every(
      (failure) =>
        failure instanceof Error &&
        'syscall' in failure &&
        (failure.syscall === 'connect' || failure.syscall === 'getaddrinfo'),
    )
  );
}

function failureName(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  return code ?? error.name;
}
