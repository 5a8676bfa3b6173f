import { composePool } from '../composition/pool.ts';
import { startUp } from '../composition/start-up.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';

const { readHealth, vocabulary, deadlineMs, requestsPerSecond } = await startUp(composePool);

/** `GET /v1/pool` */
export const handler = apiHandler({
  operation: 'pool',
  vocabulary,
  schema: null,
  deadlineMs,
  requestsPerSecond,
  async answer({ context }) {
    const {
      oldestEventSeconds: _age,
      refillRequested: _asked,
      peakConsumedPerMinute: _peak,
      refilledPerMinute: _refilled,
      ...health
    } = await readHealth(context.deadlineMs);
    return { status: 200, body: health };
  },
});
