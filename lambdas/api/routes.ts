import type * as z from 'zod/mini';
import { routeNames } from '../function-names.ts';
import type { RouteRow } from '../function-row.ts';
import { FUNCTIONS, type RouteName } from '../functions.ts';
import { inWordsOf, type Vocabulary } from '../vocabulary.ts';
import { bodiesIn } from './schemas.ts';

/** A route in the words of a vocabulary, with the schemas of its bodies. */
export interface ApiRoute {
  readonly operation: RouteName;
  readonly method: RouteRow['http']['method'];
  readonly path: string;
  readonly summary: string;
  readonly request: z.core.$ZodType | null;
  readonly answer: z.core.$ZodType;
  readonly row: RouteRow;
}

/**
 * All routes of a producer domain. API Gateway, the local gateway and the published file are made
 * from this list.
 */
export const routesIn = (vocabulary: Vocabulary): readonly ApiRoute[] =>
  routeNames().map((operation) => routeIn(vocabulary, operation));

/** One route of a producer domain. */
export function routeIn(vocabulary: Vocabulary, operation: RouteName): ApiRoute {
  const row: RouteRow = FUNCTIONS[operation];
  const { method, path, request, answer } = row.http;
  const bodies = bodiesIn(vocabulary);
  return {
    operation,
    method,
    path: inWordsOf(vocabulary, path),
    summary: inWordsOf(vocabulary, row.description),
    request: request === null ? null : bodies[request],
    answer: bodies[answer],
    row,
  };
}

/**
 * Whether a route returns card numbers or account numbers. Only roles that a consumer names may
 * call it.
 */
export const returnsSources = ({ row }: Pick<ApiRoute, 'row'>): boolean => row.http.answer === 'source';
