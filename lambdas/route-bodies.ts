import type * as z from 'zod/mini';
import type { AnswerBodies, RequestBodies, RequestName } from './api/schemas.ts';
import type { FUNCTIONS, RouteName } from './functions.ts';

/** What the handler of a route receives and returns, from the route's row in functions.ts. */

type Row<Name extends RouteName> = (typeof FUNCTIONS)[Name];

/** The validated body of a request; `null` for a route without a body. */
export type RequestBody<Name extends RouteName> = Row<Name>['http']['request'] extends infer Request extends RequestName
  ? RequestBodies[Request]
  : null;

/** The schema that validates the request's body; `null` for a route without a body. */
export type RequestSchema<Name extends RouteName> =
  RequestBody<Name> extends infer Body extends object ? z.core.$ZodType<Body> : null;

/** A successful answer. Its status and body must be declared in the row. */
export interface RouteAnswer<Name extends RouteName> {
  readonly status: Row<Name>['successes'][number];
  readonly body: AnswerBodies[Row<Name>['http']['answer']];
}
