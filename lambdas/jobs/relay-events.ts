import { composeRelayEvents } from '../composition/relay-events.ts';
import { startUp } from '../composition/start-up.ts';
import { jobHandler } from '../runtime/job-handler.ts';

/** Sends the events of the outbox to TSYS's queue. */
export const handler = jobHandler({ name: 'relay-events', ...(await startUp(composeRelayEvents)) });
