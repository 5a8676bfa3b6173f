import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { startUp } from '../runtime/start-up.ts';
import { refuseReference } from '../tokenization/callers/limit-callers.ts';
import { InvalidInput } from '../tokenization/errors.ts';
import { type CardReference, parseCardReference } from '../tokenization/model/card-reference.ts';
import type { RequestContext } from '../tokenization/tokenizer.ts';
import { cardReferenceRequest } from './schemas.ts';

const { tokenizer, budgets, forms, deadlineMs, requestsPerSecond } = await startUp(() =>
  composeTokenizer('detokenize'),
);

/** `POST /v1/references/detokenize`: the only route that returns a card number. */
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

/** A malformed reference counts against the caller's budget, because a guess can be malformed. */
async function referenceOf(text: string, context: RequestContext): Promise<CardReference> {
  try {
    return parseCardReference(text, forms);
  } catch (error) {
    if (error instanceof InvalidInput) return refuseReference(budgets, context, error);
    throw error;
  }
}
