import { TokenizationError } from '../../tokenization/errors.ts';

/**
 * RFC 9457. Programs use `code`, which is stable. `detail` is for people and repeats nothing from
 * the request.
 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly correlationId: string;
}

interface StatusOfProblem {
  readonly status: number;
  readonly title: string;
}

/** The HTTP status of each error code. */
export const STATUS = {
  'invalid-input': { status: 400, title: 'The request cannot be used' },
  'caller-unknown': { status: 403, title: 'No caller' },
  'card-not-found': { status: 404, title: 'No reference' },
  'reference-not-found': { status: 404, title: 'No card' },
  'idempotency-in-progress': { status: 409, title: 'Request in progress' },
  'idempotency-conflict': { status: 422, title: 'Idempotency-Key used before' },
  'caller-throttled': { status: 429, title: 'Too many requests' },
  'caller-budget-spent': { status: 429, title: 'Too many requests' },
  'tome-rate-limited': { status: 429, title: 'Too many requests' },
  'tome-budget-spent': { status: 429, title: 'Too many requests' },
  'out-of-time': { status: 503, title: 'No time left' },
  'pool-empty': { status: 503, title: 'Pool empty' },
  'reservation-lost': { status: 503, title: 'Try again' },
  'store-unavailable': { status: 503, title: 'Database unavailable' },
  'tome-unavailable': { status: 503, title: 'TOME unavailable' },
  'tome-outcome-unknown': { status: 503, title: 'TOME gave no answer' },
  'tome-answer-invalid': { status: 503, title: 'TOME gave no usable answer' },
  'tome-gateway-answered': { status: 503, title: 'TOME cannot be reached' },
  'tome-access-denied': { status: 503, title: 'TOME refuses access' },
  'tome-token-taken': { status: 503, title: 'TOME gave no usable answer' },
  'no-reference-offered': { status: 503, title: 'TOME gave no usable answer' },
  'reference-unacceptable': { status: 502, title: 'TOME gave an unusable reference' },
  'internal-token-unacceptable': { status: 502, title: 'TOME gave an unusable token' },
  'tome-request-refused': { status: 502, title: 'TOME refused the request' },
  'pair-conflict': { status: 502, title: 'TOME and the pool disagree' },
  'stored-card-unacceptable': { status: 422, title: 'Not an accepted card number' },
} as const satisfies Readonly<Record<string, StatusOfProblem>>;

/** The code of a problem. `unexpected` is every error that is not expected. */
export type ProblemCode = keyof typeof STATUS | 'unexpected';

/** Other words for a problem than those of its error and of `STATUS`, by the code of the error. */
export type ProblemWords = {
  readonly [Code in ProblemCode]?: {
    /** What a caller gets instead. Callers' programs use it, so it never changes either. */
    readonly code?: string;
    readonly title?: string;
    readonly detail?: string;
  };
};

/** The status and title of a problem. An unknown code is an unexpected error. */
export const statusOf = (code: string): StatusOfProblem =>
  Object.hasOwn(STATUS, code) ? STATUS[code as keyof typeof STATUS] : UNEXPECTED;

const UNEXPECTED = { status: 500, title: 'Unexpected error' };

/** The status, title and code with which a caller gets the problem of an error. */
export function asAnswered(
  code: string,
  words: ProblemWords,
): StatusOfProblem & { readonly code: string; readonly detail: string | undefined } {
  const others = Object.hasOwn(words, code) ? words[code as ProblemCode] : undefined;
  return { ...statusOf(code), code, detail: undefined, ...others };
}

/** The answer to an error. An unexpected error is not described to the caller. */
export function problemOf(
  error: unknown,
  correlationId: string,
  words: ProblemWords,
): { readonly problem: Problem; readonly retryAfterSeconds: number | null } {
  const isExpected = error instanceof TokenizationError;
  const { status, title, code, detail } = asAnswered(isExpected ? error.code : 'unexpected', words);
  return {
    problem: {
      type: `urn:card-tokenization-pool:problem:${code}`,
      title,
      status,
      code,
      detail: isExpected
        ? (detail ?? error.message)
        : 'The request failed for a reason that is in the log under this correlation id.',
      correlationId,
    },
    // At least one second, and only where a retry can have another result.
    retryAfterSeconds: isExpected && error.retryable ? atLeastOne(error.retryAfterSeconds) : null,
  };
}

const atLeastOne = (seconds: number | null): number | null => (seconds === null ? null : Math.max(1, seconds));
