import { composePrefetch } from '../composition/prefetch.ts';
import { startUp } from '../composition/start-up.ts';
import { jobHandler } from '../runtime/job-handler.ts';

/** Fills the pool. */
export const handler = jobHandler({ name: 'prefetch', ...(await startUp(composePrefetch)) });
