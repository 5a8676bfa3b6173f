import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { startUp } from '../runtime/start-up.ts';
import { CardNumber } from '../tokenization/model/card-number.ts';
import { parseIdempotencyKey } from '../tokenization/model/idempotency-key.ts';
import { cardNumberRequest } from './schemas.ts';

const { tokenizer, deadlineMs, requestsPerSecond } = await startUp(() => composeTokenizer('create-card'));

/** `POST /v1/cards` */
export const handler = apiHandler({
  operation: 'create-card',
  schema: cardNumberRequest,
  deadlineMs,
  requestsPerSecond,
  async answer({ body, context, header }) {
    const cardNumber = CardNumber.parse(body.cardNumber);
    const card = await tokenizer.create(cardNumber, context, parseIdempotencyKey(header('idempotency-key')));
    return { status: card.created ? 201 : 200, body: { cardReferenceId: card.cardReference } };
  },
});
