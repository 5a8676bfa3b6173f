import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { EventBridgeDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Construct } from 'constructs';
import { type ApiRoute, ROUTES } from '../../lambdas/api/routes.ts';
import type { FunctionName } from '../../lambdas/rights.ts';
import type { FunctionContext } from './function-context.ts';
import { type FunctionEnvironments, functionEnvironments } from './function-environments.ts';
import { TokenFunction } from './token-function.ts';

export type ApiFunctionName = ApiRoute['operation'];
export type JobName = Exclude<FunctionName, ApiFunctionName>;

interface JobShape {
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** A run that found no turn within this time is not worth starting. */
  readonly maximumWait: Duration;
}

/** One run of each at a time: they take turns in the database too, so this only saves what a second one would wait for. */
const JOBS: Readonly<Record<JobName, JobShape>> = {
  prefetch: {
    description: 'Fills the pool: hourly, and at once when it runs low.',
    memoryMb: 1_024,
    timeoutSeconds: 600,
    // Each minute of a low pool asks for a refill, also while one is under way: those wait, and then find nothing to do.
    maximumWait: Duration.hours(1),
  },
  'pool-health': {
    description: "Samples the pool's level and publishes it for the alarms.",
    memoryMb: 512,
    timeoutSeconds: 30,
    maximumWait: Duration.minutes(1),
  },
  'settle-reservations': {
    description: 'Takes stale reservations and expired pairs out of circulation, and forgets old keys.',
    memoryMb: 512,
    timeoutSeconds: 60,
    maximumWait: Duration.minutes(5),
  },
  'relay-events': {
    description: "Sends card-created events from the outbox to TSYS's queue.",
    memoryMb: 512,
    timeoutSeconds: 60,
    maximumWait: Duration.minutes(5),
  },
  'fence-restored': {
    description: 'Once after a restore from backup: nothing pooled before is ever offered again.',
    memoryMb: 512,
    // One transaction over every unused pair; a Lambda may take 900 seconds.
    timeoutSeconds: 850,
    maximumWait: Duration.minutes(5),
  },
  migrate: {
    description: 'Brings the schema up to date, as a step of the deployment.',
    memoryMb: 512,
    timeoutSeconds: 660,
    maximumWait: Duration.minutes(5),
  },
};

/** Every function of a producer domain. */
export class PoolFunctions extends Construct {
  readonly api: Readonly<Record<ApiFunctionName, TokenFunction>>;
  readonly jobs: Readonly<Record<JobName, TokenFunction>>;

  constructor(scope: Construct, id: string, context: FunctionContext) {
    super(scope, id);
    const variables = functionEnvironments(context);
    this.api = recordOf(
      ROUTES.map(({ operation }) => operation),
      (name) => this.#apiFunction(name, context, variables),
    );
    this.jobs = recordOf(Object.keys(JOBS) as JobName[], (name) => this.#job(name, context, variables));
  }

  #apiFunction(name: ApiFunctionName, context: FunctionContext, variables: FunctionEnvironments): TokenFunction {
    const reserved = context.settings.reservedConcurrency?.[name];
    return new TokenFunction(this, name, {
      name,
      context,
      variables: variables[name],
      description: ROUTES.find(({ operation }) => operation === name)?.summary ?? name,
      // A share of a processor comes with it: half of one, which signs a cold start in to the database in time.
      memoryMb: 1_024,
      timeoutSeconds: 10,
      start: 'request',
      ...(reserved === undefined ? {} : { maximumConcurrency: reserved }),
    });
  }

  #job(name: JobName, context: FunctionContext, variables: FunctionEnvironments): TokenFunction {
    const { maximumWait, ...shape } = JOBS[name];
    const job = new TokenFunction(this, name, {
      name,
      context,
      variables: variables[name],
      start: 'job',
      maximumConcurrency: 1,
      ...shape,
    });
    const reports = name === 'pool-health';
    job.configureAsyncInvoke({
      maximumWait,
      // Its answer says whether a refill is wanted; a rule on the bus reads it (refill-on-demand.ts).
      ...(reports ? { onSuccess: new EventBridgeDestination(defaultBus(this)) } : {}),
    });
    return job;
  }
}

const defaultBus = (scope: Construct) => EventBus.fromEventBusName(scope, 'DefaultBus', 'default');

const recordOf = <Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value) =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Readonly<Record<Name, Value>>;
