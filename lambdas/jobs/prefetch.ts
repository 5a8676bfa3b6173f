import { composePrefetch } from '../composition/prefetch.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** Fills the pool. */
export const handler = jobHandler({ name: 'prefetch', ...(await startUp(composePrefetch)) });
