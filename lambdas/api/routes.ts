import type * as z from 'zod/mini';
import { routeNames } from '../function-names.ts';
import type { RouteRow } from '../function-row.ts';
import { FUNCTIONS, type RouteName } from '../functions.ts';
import { ANSWERS, REQUESTS } from './schemas.ts';

/** A route with the schemas of its bodies. */
export interface ApiRoute {
  readonly operation: RouteName;
  readonly method: RouteRow['http']['method'];
  readonly path: string;
  readonly summary: string;
  readonly request: z.core.$ZodType | null;
  readonly answer: z.core.$ZodType;
  readonly row: RouteRow;
}

/** All routes. API Gateway, the local gateway and the published file are made from this list. */
export const ROUTES: readonly ApiRoute[] = routeNames().map((operation) => {
  const row: RouteRow = FUNCTIONS[operation];
  const { method, path, request, answer } = row.http;
  return {
    operation,
    method,
    path,
    summary: row.description,
    request: request === null ? null : REQUESTS[request],
    answer: ANSWERS[answer],
    row,
  };
});

/** Whether a route returns card numbers. Only roles that a consumer names may call it. */
export const returnsCardNumbers = ({ row }: ApiRoute): boolean => row.http.answer === 'cardNumber';
