import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { startUp } from '../runtime/start-up.ts';
import { CardNumber } from '../tokenization/model/card-number.ts';
import { cardNumberRequest } from './schemas.ts';

const { tokenizer, deadlineMs, requestsPerSecond } = await startUp(() => composeTokenizer('lookup-or-tokenize'));

/** `POST /v1/cards/lookup-or-tokenize` */
export const handler = apiHandler({
  operation: 'lookup-or-tokenize',
  schema: cardNumberRequest,
  deadlineMs,
  requestsPerSecond,
  async answer({ body, context }) {
    const card = await tokenizer.lookupOrTokenize(CardNumber.parse(body.cardNumber), context);
    return { status: card.created ? 201 : 200, body: { cardReferenceId: card.cardReference } };
  },
});
