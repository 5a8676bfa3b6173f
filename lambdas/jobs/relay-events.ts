import { composeRelay } from '../composition/relay-events.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** A7: sends card-created events from the outbox to TSYS's queue. Each minute, and it goes on while there are any. */
export const handler = jobHandler({ name: 'relay-events', ...(await startUp(composeRelay)) });
