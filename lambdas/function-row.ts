import type { AnswerName, RequestName } from './api/schemas.ts';
import type { ProblemCode } from './runtime/http/problem.ts';

/** The role of a function in the database. Without one, the function cannot sign in as itself. */
export interface DatabaseRights {
  /** Names of database functions, or lists of names (database-functions.ts). */
  readonly execute: readonly (string | readonly string[])[];
  readonly limits: {
    /** PostgreSQL cancels a statement of the role after this time. */
    readonly statementSeconds: number;
    /** Most connections of the role, as a share of the connections of the server. */
    readonly connectionShare: number;
  };
}

/** What a function may use outside the database. IAM statements and security groups follow. */
export interface ServiceAccess {
  readonly tome: boolean;
  /** `idempotency`: the key of the keyed hashes. `administrator`: the owner of the database. */
  readonly secrets: readonly ('idempotency' | 'administrator')[];
  readonly queues: readonly 'card-events'[];
  /** Whether it publishes the gauges of metric-names.ts. */
  readonly gauges: boolean;
}

interface AnyFunction {
  /**
   * One sentence, with words of the vocabulary in braces (vocabulary.ts). For a route also its
   * summary in the published API.
   */
  readonly description: string;
  readonly database: DatabaseRights | null;
  readonly access: ServiceAccess;
  readonly lambda: {
    /**
     * Lambda allots processor time in proportion to memory. 1,024 MB is about half a processor. A
     * cold start needs that to sign in to the database within the deadline of a request.
     */
    readonly memoryMb: number;
    readonly timeoutSeconds: number;
    /**
     * Runs that are guaranteed and allowed at once. `null`: a share of what the account has left. A
     * second run of a job would only wait for the first one in the database.
     */
    readonly reservedConcurrency: number | null;
  };
}

/** A function that answers requests of the API. Its handler is `api/NAME.ts`. */
export interface RouteRow extends AnyFunction {
  readonly kind: 'route';
  readonly http: {
    readonly method: 'GET' | 'POST';
    /** With words of the vocabulary in braces (vocabulary.ts). */
    readonly path: string;
    /** Both bodies, by their names in api/schemas.ts. */
    readonly request: RequestName | null;
    readonly answer: AnswerName;
  };
  /** Statuses of success. */
  readonly successes: readonly (200 | 201)[];
  /** Codes of problems beside those that follow from the rights (api/route-problems.ts). */
  readonly problems: readonly ProblemCode[];
  /** Limits of API Gateway for all callers together: requests a second, and requests at once. */
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
  readonly alarms: {
    /**
     * Milliseconds. A release whose 99th percentile is above this is rolled back. It must allow a
     * cold start and three TOME calls.
     */
    readonly releaseP99Ms: number;
  };
}

export interface Schedule {
  /** Minutes between two starts on AWS. */
  readonly everyMinutes: number;
  /** Seconds between the end of a run and the next start on one machine. */
  readonly localPauseSeconds: number;
  /** An alarm is raised when this many runs have not done their work. */
  readonly lateAfterRuns: number;
}

/**
 * A function that EventBridge, an operator or the deployment starts. Its handler is `jobs/NAME.ts`.
 * A `deployment` step runs before any other function is replaced.
 */
export interface JobRow extends AnyFunction {
  readonly kind: 'job' | 'deployment';
  /** `null`: it has no schedule; an operator or the deployment starts it. */
  readonly schedule: Schedule | null;
  /** Lambda drops an asynchronous start that has waited longer than this. */
  readonly maximumWaitMinutes: number;
  /** Where Lambda sends the result of a run that succeeded. */
  readonly resultTo: 'event-bus' | null;
}

export type FunctionRow = RouteRow | JobRow;
