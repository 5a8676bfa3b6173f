import type { Context } from 'aws-lambda';
import type { ApiRoute } from '../../lambdas/api/routes.ts';
import { type ApiFunction, lambdaContext } from './gateway.ts';

export const JOBS = [
  'prefetch',
  'pool-health',
  'settle-reservations',
  'relay-events',
  'fence-restored',
  'migrate',
] as const;
export type JobName = (typeof JOBS)[number];
export type RunJob = (name: JobName) => Promise<unknown>;

export interface Functions {
  readonly api: Readonly<Record<ApiRoute['operation'], ApiFunction>>;
  readonly runJob: RunJob;
  close(): Promise<void>;
}

/** A job's time on AWS, in milliseconds. */
const JOB_TIMEOUT_MS = 600_000;

type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** The Lambda handlers themselves. They read their settings when they are loaded, so this comes after the environment is complete. */
export async function loadFunctions(): Promise<Functions> {
  const { logger } = await import('../../lambdas/runtime/logging/logger.ts');
  const { closeDatabases } = await import('../../lambdas/composition/database.ts');
  const api = {
    'create-card': (await import('../../lambdas/api/create-card.ts')).handler as ApiFunction,
    lookup: (await import('../../lambdas/api/lookup.ts')).handler as ApiFunction,
    'lookup-or-tokenize': (await import('../../lambdas/api/lookup-or-tokenize.ts')).handler as ApiFunction,
    detokenize: (await import('../../lambdas/api/detokenize.ts')).handler as ApiFunction,
    pool: (await import('../../lambdas/api/pool.ts')).handler as ApiFunction,
  };
  const jobs: Readonly<Record<JobName, Handler>> = {
    prefetch: (await import('../../lambdas/jobs/prefetch.ts')).handler as Handler,
    'pool-health': (await import('../../lambdas/jobs/pool-health.ts')).handler as Handler,
    'settle-reservations': (await import('../../lambdas/jobs/settle-reservations.ts')).handler as Handler,
    'relay-events': (await import('../../lambdas/jobs/relay-events.ts')).handler as Handler,
    'fence-restored': (await import('../../lambdas/jobs/fence-restored.ts')).handler as Handler,
    migrate: (await import('../../lambdas/jobs/migrate.ts')).handler as Handler,
  };
  return {
    api,
    runJob: (name) => jobs[name]({}, lambdaContext(name, JOB_TIMEOUT_MS)),
    async close() {
      // What is cut off now is finished after the next start, and is no failure.
      logger.setLogLevel('SILENT');
      await closeDatabases();
    },
  };
}
