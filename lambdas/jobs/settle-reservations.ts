import { composeSettleReservations } from '../composition/settle-reservations.ts';
import { startUp } from '../composition/start-up.ts';
import { jobHandler } from '../runtime/job-handler.ts';

/** Quarantines stale reservations and pairs that expire soon, and deletes expired rows. */
export const handler = jobHandler({ name: 'settle-reservations', ...(await startUp(composeSettleReservations)) });
