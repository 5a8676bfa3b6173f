import { composePoolHealth } from '../composition/pool-health.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** Measures the pool and publishes the gauges. */
export const handler = jobHandler({ name: 'pool-health', ...(await startUp(composePoolHealth)) });
