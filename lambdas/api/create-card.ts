import { startUp } from '../composition/start-up.ts';
import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { parseIdempotencyKey } from '../tokenization/model/idempotency-key.ts';
import { requestsIn } from './schemas.ts';

const { tokenizer, readSource, vocabulary, deadlineMs, requestsPerSecond } = await startUp(() =>
  composeTokenizer('create-card'),
);

/** `POST /v1/cards`, or `/v1/accounts` in an account domain. */
export const handler = apiHandler({
  operation: 'create-card',
  vocabulary,
  schema: requestsIn(vocabulary).source,
  deadlineMs,
  requestsPerSecond,
  async answer({ body, context, header }) {
    const cardNumber = readSource(body.source);
    const card = await tokenizer.create(cardNumber, context, parseIdempotencyKey(header('idempotency-key')));
    return { status: card.created ? 201 : 200, body: { reference: card.cardReference } };
  },
});
