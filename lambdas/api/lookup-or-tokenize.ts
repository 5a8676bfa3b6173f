import { startUp } from '../composition/start-up.ts';
import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { requestsIn } from './schemas.ts';

const { tokenizer, readSource, vocabulary, deadlineMs, requestsPerSecond } = await startUp(() =>
  composeTokenizer('lookup-or-tokenize'),
);

/** `POST /v1/cards/lookup-or-tokenize`, or the same below `/v1/accounts` in an account domain. */
export const handler = apiHandler({
  operation: 'lookup-or-tokenize',
  vocabulary,
  schema: requestsIn(vocabulary).source,
  deadlineMs,
  requestsPerSecond,
  async answer({ body, context }) {
    const card = await tokenizer.lookupOrTokenize(readSource(body.source), context);
    return { status: card.created ? 201 : 200, body: { reference: card.cardReference } };
  },
});
