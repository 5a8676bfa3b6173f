import { composeRelayEvents } from '../composition/relay-events.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** Sends the events of the outbox to TSYS's queue. */
export const handler = jobHandler({ name: 'relay-events', ...(await startUp(composeRelayEvents)) });
