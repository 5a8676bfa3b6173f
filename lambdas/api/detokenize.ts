import { composeTokenizer } from '../runtime/compose-tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { parseCardReference } from '../tokenization/card-reference.ts';
import { cardReferenceRequest } from './schemas.ts';

const { tokenizer, deadlineMs } = await composeTokenizer();

/** `POST /v1/references/detokenize` (A4). The only answer that holds a card number, and the only route that may reveal one. */
export const handler = apiHandler({
  operation: 'detokenize',
  schema: cardReferenceRequest,
  deadlineMs,
  auditedReference: ({ cardReferenceId }) => cardReferenceId,
  async answer({ body, context }) {
    const cardNumber = await tokenizer.detokenize(parseCardReference(body.cardReferenceId), context);
    return { status: 200, body: { cardNumber: cardNumber.reveal() } };
  },
});
