import type { JobRow, Schedule } from './function-row.ts';
import { FUNCTIONS, type FunctionName, type JobName, type RouteName } from './functions.ts';

/** Names of the rows of functions.ts. These are functions, because a bundle can drop a function. */

export const functionNames = (): readonly FunctionName[] => Object.keys(FUNCTIONS) as FunctionName[];

export const isRoute = (name: FunctionName): name is RouteName => FUNCTIONS[name].kind === 'route';

export const routeNames = (): readonly RouteName[] => functionNames().filter(isRoute);

/** Everything that is no route: jobs and steps of the deployment. */
export const jobNames = (): readonly JobName[] => functionNames().filter((name): name is JobName => !isRoute(name));

export interface ScheduledJob {
  readonly name: JobName;
  readonly schedule: Schedule;
}

/** The jobs that run by a schedule. */
export const scheduledJobs = (): readonly ScheduledJob[] =>
  jobNames().flatMap((name) => {
    const { schedule }: JobRow = FUNCTIONS[name];
    return schedule === null ? [] : [{ name, schedule }];
  });
