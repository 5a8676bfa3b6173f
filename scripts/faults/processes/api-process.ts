import { loadFunctions } from '../../local/functions.ts';
import { startGateway } from '../../local/gateway.ts';

/** One API process of the trial, with the jobs beside it: it lives until it is killed. */
const functions = await loadFunctions();
const gateway = await startGateway({
  port: 0,
  functions: functions.api,
  async sideRoute(request) {
    const job = /^\/_local\/jobs\/(prefetch|settle-reservations|relay-events)$/.exec(request.url ?? '')?.[1];
    if (job === undefined) return null;
    return {
      status: 200,
      body: await functions.runJob(job as 'prefetch').catch((error: Error) => ({ error: error.name })),
    };
  },
});
process.stdout.write(`ready ${gateway.url}\n`);
