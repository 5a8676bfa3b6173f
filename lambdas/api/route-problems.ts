import type { RouteRow } from '../function-row.ts';
import type { ProblemCode } from '../runtime/http/problem.ts';

/** Codes of problems of every route, beside those that API Gateway answers with. */
const EVERY_ROUTE = [
  'invalid-input',
  'caller-unknown',
  'caller-throttled',
  'out-of-time',
  'store-unavailable',
  'unexpected',
] as const satisfies readonly ProblemCode[];

/** Codes of a route that calls TOME. */
const WITH_TOME = [
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
] as const satisfies readonly ProblemCode[];

/** Codes of a route that may reserve a pair. */
const CREATION = [
  'pool-empty',
  'reservation-lost',
  'tome-token-taken',
  'no-reference-offered',
] as const satisfies readonly ProblemCode[];

/**
 * The codes of all problems that a route can answer with. They follow from its rights, and the row
 * adds its own. The published file lists them; a test compares them with the table of statuses.
 */
export const problemCodes = ({ access, database, problems }: RouteRow): readonly ProblemCode[] => [
  ...EVERY_ROUTE,
  ...(access.tome ? WITH_TOME : []),
  ...(database?.execute.flat().includes('reserve') === true ? CREATION : []),
  ...problems,
];
