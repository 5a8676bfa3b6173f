import { expect, test } from 'vitest';
import { problemCodes } from '../../../lambdas/api/route-problems.ts';
import { FUNCTIONS } from '../../../lambdas/functions.ts';
import { problemOf } from '../../../lambdas/runtime/http/problem.ts';
import { PairConflict } from '../../../lambdas/tokenization/errors.ts';
import {
  InternalTokenUnacceptable,
  NoReferenceOffered,
  ReferenceUnacceptable,
  StoredCardUnacceptable,
  TomeAccessDenied,
  TomeGatewayAnswered,
  TomeOutcomeUnknown,
  TomeRateLimited,
  TomeRequestRefused,
} from '../../../lambdas/tokenization/tome-errors.ts';

const READS_AND_CREATIONS = ['create-card', 'lookup', 'lookup-or-tokenize', 'detokenize'] as const;

test.each([
  { error: new StoredCardUnacceptable(), status: 422, routes: ['detokenize'] as const },
  { error: new ReferenceUnacceptable(), status: 502, routes: READS_AND_CREATIONS },
  { error: new InternalTokenUnacceptable(), status: 502, routes: READS_AND_CREATIONS },
  { error: new TomeRequestRefused(), status: 502, routes: READS_AND_CREATIONS },
  { error: new PairConflict(), status: 502, routes: READS_AND_CREATIONS },
])('$error.code is a documented answer $status that does not ask the caller to retry', ({ error, status, routes }) => {
  const { problem, retryAfterSeconds } = problemOf(error, 'correlation', {});
  expect([problem.status, problem.code, retryAfterSeconds]).toEqual([status, error.code, null]);
  for (const route of routes) expect(problemCodes(FUNCTIONS[route])).toContain(error.code);
});

test.each([
  [new TomeAccessDenied('x', { attempts: 1 }), 503],
  [new TomeGatewayAnswered('x', { attempts: 1 }), 503],
  [new TomeOutcomeUnknown('x', { attempts: 1, retryAfterSeconds: 9 }), 503],
  [new NoReferenceOffered('x', { attempts: 1 }), 503],
  [new TomeRateLimited('x', { attempts: 1, retryAfterSeconds: 0 }), 429],
])('a temporary problem (%#) asks the caller to retry after at least one second', (error, status) => {
  const { problem, retryAfterSeconds } = problemOf(error, 'correlation', {});
  expect(problem.status).toBe(status);
  expect(retryAfterSeconds).toBe(Math.max(1, error.retryAfterSeconds));
});
