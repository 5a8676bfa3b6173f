import { startUp } from '../composition/start-up.ts';
import { composeTokenizer } from '../composition/tokenizer.ts';
import { apiHandler } from '../runtime/http/api-handler.ts';
import { refuseReference } from '../tokenization/callers/limit-callers.ts';
import { InvalidInput } from '../tokenization/errors.ts';
import { type CardReference, parseCardReference } from '../tokenization/model/card-reference.ts';
import type { RequestContext } from '../tokenization/tokenizer.ts';
import { requestsIn } from './schemas.ts';

const { tokenizer, budgets, forms, vocabulary, deadlineMs, requestsPerSecond } = await startUp(() =>
  composeTokenizer('detokenize'),
);

/** `POST /v1/references/detokenize`: the only route that returns a source. */
export const handler = apiHandler({
  operation: 'detokenize',
  vocabulary,
  schema: requestsIn(vocabulary).reference,
  deadlineMs,
  requestsPerSecond,
  auditedReference: ({ reference }) => reference,
  async answer({ body, context }) {
    try {
      const cardNumber = await tokenizer.detokenize(await referenceOf(body.reference, context), context);
      return { status: 200, body: { source: cardNumber.reveal() } };
    } catch (error) {
      throw error instanceof InvalidInput ? notAReference() : error;
    }
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

/** The refusal of the domain, in the words of this producer domain. */
const notAReference = (): InvalidInput =>
  new InvalidInput(vocabulary.fields.reference.name, `must be a 16-digit ${vocabulary.item} reference`);
