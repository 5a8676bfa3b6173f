import type * as z from 'zod/mini';
import type { ANSWERS, REQUESTS, RequestName } from './api/schemas.ts';
import type { FUNCTIONS, RouteName } from './functions.ts';

/** What the handler of a route receives and returns, from the route's row in functions.ts. */

type Row<Name extends RouteName> = (typeof FUNCTIONS)[Name];

/** The schema that validates the request's body; `null` for a route without a body. */
export type RequestSchema<Name extends RouteName> = Row<Name>['http']['request'] extends infer Request extends
  RequestName
  ? (typeof REQUESTS)[Request]
  : null;

/** The validated body of a request. */
export type RequestBody<Name extends RouteName> =
  RequestSchema<Name> extends infer Schema extends z.core.$ZodType ? z.core.output<Schema> : null;

/** A successful answer. Its status and body must be declared in the row. */
export interface RouteAnswer<Name extends RouteName> {
  readonly status: Row<Name>['successes'][number];
  readonly body: z.core.output<(typeof ANSWERS)[Row<Name>['http']['answer']]>;
}
