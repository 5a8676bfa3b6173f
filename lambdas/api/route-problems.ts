/**
 * The codes of problems that each kind of request can end with, beside what API Gateway answers by itself. The published file names
 * them, and a test holds them against the table of statuses (lambdas/runtime/http/problem.ts).
 */
const EVERY_REQUEST = [
  'invalid-input',
  'caller-unknown',
  'caller-throttled',
  'out-of-time',
  'store-unavailable',
  'unexpected',
] as const;

/** Requests that call TOME. */
const WITH_TOME = [
  ...EVERY_REQUEST,
  'tome-rate-limited',
  'tome-budget-spent',
  'tome-unavailable',
  'tome-outcome-unknown',
  'tome-answer-invalid',
  'tome-gateway-answered',
  'tome-access-denied',
  'tome-request-refused',
  'internal-token-unacceptable',
  'reference-unacceptable',
  'pair-conflict',
] as const;

/** Requests that may bind a card to a new token. */
const CREATION = [...WITH_TOME, 'pool-empty', 'reservation-lost', 'tome-token-taken'] as const;

export const ROUTE_PROBLEMS = {
  'create-card': [...CREATION, 'idempotency-in-progress', 'idempotency-conflict', 'caller-budget-spent'],
  lookup: [...WITH_TOME, 'card-not-found', 'caller-budget-spent'],
  'lookup-or-tokenize': CREATION,
  detokenize: [...WITH_TOME, 'reference-not-found', 'stored-card-unacceptable', 'caller-budget-spent'],
  pool: EVERY_REQUEST,
} as const;
