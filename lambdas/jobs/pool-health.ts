import { composePoolHealth } from '../composition/pool-health.ts';
import { startUp } from '../composition/start-up.ts';
import { jobHandler } from '../runtime/job-handler.ts';

/** Measures the pool and publishes the gauges. */
export const handler = jobHandler({ name: 'pool-health', ...(await startUp(composePoolHealth)) });
