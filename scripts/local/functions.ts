import type { Context } from 'aws-lambda';
import { vocabularyOf } from '../../lambdas/composition/domain-settings.ts';
import { isRoute, jobNames, routeNames } from '../../lambdas/function-names.ts';
import { FUNCTIONS, type FunctionName, type JobName, type RouteName } from '../../lambdas/functions.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import type { Vocabulary } from '../../lambdas/vocabulary.ts';
import { type ApiFunction, lambdaContext } from './gateway.ts';

export type RunJob = (name: JobName) => Promise<unknown>;

export interface Functions {
  readonly api: Readonly<Record<RouteName, ApiFunction>>;
  /** The words in which the handlers read requests and answer. */
  readonly vocabulary: Vocabulary;
  readonly runJob: RunJob;
  close(): Promise<void>;
}

type Handler = (event: unknown, context: Context) => Promise<unknown>;

/**
 * Loads the Lambda handlers of every row of lambdas/functions.ts. A handler reads its settings
 * while its module is loaded, so the environment must be complete.
 */
export async function loadFunctions(): Promise<Functions> {
  const { logger } = await import('../../lambdas/runtime/logging/logger.ts');
  const { closeDatabases } = await import('../../lambdas/composition/database.ts');
  const api = await handlersOf<RouteName, ApiFunction>(routeNames());
  const jobs = await handlersOf<JobName, Handler>(jobNames());
  return {
    api,
    vocabulary: vocabularyOf(readSettings(['domain'], process.env)),
    runJob: (name) => jobs[name]({}, lambdaContext(name, FUNCTIONS[name].lambda.timeoutSeconds * 1_000)),
    async close() {
      // A job that is ended here is completed after the next start, so it logs no failure.
      logger.setLogLevel('SILENT');
      await closeDatabases();
    },
  };
}

async function handlersOf<Name extends FunctionName, Kind>(names: readonly Name[]) {
  const handlers: [Name, Kind][] = [];
  for (const name of names) handlers.push([name, (await moduleOf(name)).handler as Kind]);
  return Object.fromEntries(handlers) as Record<Name, Kind>;
}

const moduleOf = (name: FunctionName): Promise<{ readonly handler: unknown }> =>
  import(`../../lambdas/${isRoute(name) ? 'api' : 'jobs'}/${name}.ts`);
