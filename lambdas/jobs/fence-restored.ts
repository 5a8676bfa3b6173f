import { composeFenceRestored } from '../composition/fence-restored.ts';
import { startUp } from '../composition/start-up.ts';
import { jobHandler } from '../runtime/job-handler.ts';

/** Run once after a restore from a backup, before any other function writes. */
export const handler = jobHandler({ name: 'fence-restored', ...(await startUp(composeFenceRestored)) });
