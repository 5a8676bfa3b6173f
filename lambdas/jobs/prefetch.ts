import { composePrefetch } from '../composition/prefetch.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** P1-P3: fills the pool. Hourly, and whenever it runs low. */
export const handler = jobHandler({ name: 'prefetch', ...(await startUp(composePrefetch)) });
