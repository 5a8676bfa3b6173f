import type { FunctionRow, JobRow, Schedule } from '../../lambdas/function-row.ts';
import { FUNCTIONS, type FunctionName, type JobName, type RouteName } from '../../lambdas/functions.ts';

/** What an environment changes of a function's row in lambdas/functions.ts. */
interface FunctionOptions {
  readonly memoryMb?: number;
  readonly timeoutSeconds?: number;
}

interface RouteOptions extends FunctionOptions {
  /** Runs that are guaranteed and allowed at once. `null`: a share of what the account has left. */
  readonly reservedConcurrency?: number | null;
  /** Instances that are kept initialized, in place of the number of the environment. */
  readonly provisionedConcurrency?: number;
  /** A release whose 99th percentile is above this is rolled back. */
  readonly releaseP99Ms?: number;
}

interface JobOptions extends FunctionOptions {
  /** `null` if the account has no room for reserved runs: a second run waits for the first one. */
  readonly reservedConcurrency?: 1 | null;
}

interface ScheduledOptions extends JobOptions {
  /** Minutes between two starts. */
  readonly everyMinutes?: number;
}

/** The alarms read the gauges of pool-health each minute, so its schedule cannot be changed. */
export type ScheduledName = Exclude<
  { [Name in JobName]: (typeof FUNCTIONS)[Name]['schedule'] extends Schedule ? Name : never }[JobName],
  'pool-health'
>;

export type WrittenFunctions = { readonly [Name in RouteName]?: RouteOptions } & {
  readonly [Name in ScheduledName]?: ScheduledOptions;
} & { readonly [Name in Exclude<JobName, ScheduledName>]?: JobOptions };

/** A function as an environment runs it. */
export interface SizedFunction {
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number | null;
}

interface WithFunctions {
  readonly functions?: WrittenFunctions;
}

export const sizeOf = ({ functions }: WithFunctions, name: FunctionName): SizedFunction => {
  const row: FunctionRow = FUNCTIONS[name];
  const { memoryMb, timeoutSeconds, reservedConcurrency } = { ...row.lambda, ...functions?.[name] };
  return { memoryMb, timeoutSeconds, reservedConcurrency };
};

export const provisionedOf = ({ functions }: WithFunctions, name: RouteName, ofEnvironment: number): number =>
  functions?.[name]?.provisionedConcurrency ?? ofEnvironment;

/** Milliseconds. */
export const releaseP99Of = ({ functions }: WithFunctions, name: RouteName): number =>
  functions?.[name]?.releaseP99Ms ?? FUNCTIONS[name].alarms.releaseP99Ms;

/** The schedule of a job; `null` when an operator or the deployment starts it. */
export function scheduleOf({ functions }: WithFunctions, name: JobName): Schedule | null {
  const { schedule }: JobRow = FUNCTIONS[name];
  if (schedule === null) return null;
  const written: ScheduledOptions = functions?.[name] ?? {};
  return { ...schedule, ...(written.everyMinutes === undefined ? {} : { everyMinutes: written.everyMinutes }) };
}

/** Minutes after which work is late that a job should have done. */
export function lateMinutes(settings: WithFunctions, name: ScheduledName | 'pool-health'): number {
  const { everyMinutes, lateAfterRuns } = scheduleOf(settings, name) ?? FUNCTIONS[name].schedule;
  return everyMinutes * lateAfterRuns;
}

/** How long the deployment waits for the migration. */
export const MIGRATION_WAIT_SECONDS = 840;
