import { composeSettling } from '../composition/settle-reservations.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** M1: takes stale reservations and expired pairs out of circulation, and forgets old keys. Each minute. */
export const handler = jobHandler({ name: 'settle-reservations', ...(await startUp(composeSettling)) });
