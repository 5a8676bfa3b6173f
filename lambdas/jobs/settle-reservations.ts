import { composeSettleReservations } from '../composition/settle-reservations.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** Quarantines stale reservations and pairs that expire soon, and deletes expired rows. */
export const handler = jobHandler({ name: 'settle-reservations', ...(await startUp(composeSettleReservations)) });
