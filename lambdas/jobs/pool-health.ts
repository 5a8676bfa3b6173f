import { composeHealthReport } from '../composition/pool-health.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** M2: samples the pool's level and publishes it for the alarms. Each minute. */
export const handler = jobHandler({ name: 'pool-health', ...(await startUp(composeHealthReport)) });
