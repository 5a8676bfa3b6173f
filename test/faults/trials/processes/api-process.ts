import { loadFunctions } from '../../../../scripts/local/functions.ts';
import { startGateway } from '../../../../scripts/local/gateway.ts';

/** A program that serves the API, and runs jobs on request, until the trial kills it. */
const functions = await loadFunctions();
const gateway = await startGateway({
  port: 0,
  functions: functions.api,
  vocabulary: functions.vocabulary,
  concurrencyLimit: { concurrency: 50, maxWaitMs: 1_000 },
  async sideRoute({ path }) {
    const job = /^\/_local\/jobs\/(prefetch|settle-reservations|relay-events|pool-health)$/.exec(path)?.[1];
    if (job === undefined) return null;
    return {
      status: 200,
      body: await functions.runJob(job as 'prefetch').catch((error: Error) => ({ error: error.name })),
    };
  },
});
process.stdout.write(`ready ${gateway.url}\n`);
