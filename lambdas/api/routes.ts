import type * as z from 'zod/mini';
import {
  cardNumberAnswer,
  cardNumberRequest,
  cardReferenceAnswer,
  cardReferenceRequest,
  poolAnswer,
} from './schemas.ts';

export interface ApiRoute {
  /** Also the name of the handler's file. */
  readonly operation: 'create-card' | 'lookup' | 'lookup-or-tokenize' | 'detokenize' | 'pool';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly request: z.core.$ZodType | null;
  readonly answer: z.core.$ZodType;
  /** The statuses of success. Those of problems follow from their codes (route-problems.ts). */
  readonly successes: readonly number[];
  /** The most that all callers together may ask for: requests a second, and at once. API Gateway counts them for the stage. */
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
}

/** The API (issue's interface table): the one place that API Gateway, the local gateway and the published file are made from. */
export const ROUTES: readonly ApiRoute[] = [
  {
    operation: 'create-card',
    method: 'POST',
    path: '/v1/cards',
    summary: 'Create the reference of a card number. 201 when it is new, 200 when the card number had it already.',
    request: cardNumberRequest,
    answer: cardReferenceAnswer,
    successes: [200, 201],
    throttle: { ratePerSecond: 300, burst: 1_000 },
  },
  {
    operation: 'lookup',
    method: 'POST',
    path: '/v1/cards/lookup',
    summary: 'The reference of a card number.',
    request: cardNumberRequest,
    answer: cardReferenceAnswer,
    successes: [200],
    throttle: { ratePerSecond: 300, burst: 1_000 },
  },
  {
    operation: 'lookup-or-tokenize',
    method: 'POST',
    path: '/v1/cards/lookup-or-tokenize',
    summary: 'The reference of a card number, created when there is none. 201 when it is new.',
    request: cardNumberRequest,
    answer: cardReferenceAnswer,
    successes: [200, 201],
    throttle: { ratePerSecond: 300, burst: 1_000 },
  },
  {
    operation: 'detokenize',
    method: 'POST',
    path: '/v1/references/detokenize',
    summary: 'The card number behind a reference. Leaves an audit record.',
    request: cardReferenceRequest,
    answer: cardNumberAnswer,
    successes: [200],
    throttle: { ratePerSecond: 300, burst: 1_000 },
  },
  {
    operation: 'pool',
    method: 'GET',
    path: '/v1/pool',
    summary: "The pool's level and rates.",
    request: null,
    answer: poolAnswer,
    successes: [200],
    throttle: { ratePerSecond: 10, burst: 20 },
  },
];
