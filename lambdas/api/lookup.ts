import { startUp } from '../composition/start-up.ts';
import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { requestsIn } from './schemas.ts';

const { tokenizer, readSource, vocabulary, deadlineMs, requestsPerSecond } = await startUp(() =>
  composeTokenizer('lookup'),
);

/** `POST /v1/cards/lookup`, or `/v1/accounts/lookup` in an account domain. */
export const handler = apiHandler({
  operation: 'lookup',
  vocabulary,
  schema: requestsIn(vocabulary).source,
  deadlineMs,
  requestsPerSecond,
  async answer({ body, context }) {
    const reference = await tokenizer.lookup(readSource(body.source), context);
    return { status: 200, body: { reference } };
  },
});
