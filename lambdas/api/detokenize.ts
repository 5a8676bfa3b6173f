import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { startUp } from '../runtime/start-up.ts';
import { refuseReference } from '../tokenization/callers/limit-callers.ts';
import { InvalidInput } from '../tokenization/errors.ts';
import { type CardReference, parseCardReference } from '../tokenization/model/card-reference.ts';
import type { RequestContext } from '../tokenization/tokenizer.ts';
import { cardReferenceRequest } from './schemas.ts';

const { tokenizer, budgets, deadlineMs, requestsPerSecond } = await startUp(composeTokenizer);

/** `POST /v1/references/detokenize` (A4). The only answer that holds a card number, and the only route that may reveal one. */
export const handler = apiHandler({
  operation: 'detokenize',
  schema: cardReferenceRequest,
  deadlineMs,
  requestsPerSecond,
  auditedReference: ({ cardReferenceId }) => cardReferenceId,
  async answer({ body, context }) {
    const cardNumber = await tokenizer.detokenize(await referenceOf(body.cardReferenceId, context), context);
    return { status: 200, body: { cardNumber: cardNumber.reveal() } };
  },
});

/** A text that is no reference counts as a refusal of its caller: guesses look like that too. */
async function referenceOf(text: string, context: RequestContext): Promise<CardReference> {
  try {
    return parseCardReference(text);
  } catch (error) {
    if (error instanceof InvalidInput) return refuseReference(budgets, context, error);
    throw error;
  }
}
