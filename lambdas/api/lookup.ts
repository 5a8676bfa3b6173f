import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { startUp } from '../runtime/start-up.ts';
import { CardNumber } from '../tokenization/model/card-number.ts';
import { cardNumberRequest } from './schemas.ts';

const { tokenizer, deadlineMs, requestsPerSecond } = await startUp(() => composeTokenizer('lookup'));

/** `POST /v1/cards/lookup` */
export const handler = apiHandler({
  operation: 'lookup',
  schema: cardNumberRequest,
  deadlineMs,
  requestsPerSecond,
  async answer({ body, context }) {
    const cardReferenceId = await tokenizer.lookup(CardNumber.parse(body.cardNumber), context);
    return { status: 200, body: { cardReferenceId } };
  },
});
