import * as z from 'zod/mini';

/**
 * The bodies of the API. Handlers validate with them, and API Gateway's models and the published
 * OpenAPI file are made from them.
 *
 * Pattern and length are only for the published file. The handlers check more than a pattern can
 * say, and name the field without its value; API Gateway would write a value that does not match
 * into its own log (lib/api/api-models.ts).
 */
const cardNumber = z.string().register(z.globalRegistry, {
  pattern: '^[1-9][0-9]{12,18}$',
  minLength: 13,
  maxLength: 19,
  example: '4000000000000002',
  description: "13 to 19 digits with a valid check digit, in a length that the card's network issues.",
});
const cardReferenceId = z.string().register(z.globalRegistry, {
  pattern: '^[0-9]{16}$',
  minLength: 16,
  maxLength: 16,
  example: '9000000000000009',
  description: '16 digits that do not start as a card number does.',
});

export const cardNumberRequest = z.strictObject({ cardNumber });
export const cardReferenceRequest = z.strictObject({ cardReferenceId });

/** By the names that functions.ts uses. */
export const REQUESTS = { cardNumber: cardNumberRequest, cardReference: cardReferenceRequest };
export type RequestName = keyof typeof REQUESTS;

export const ANSWERS = {
  cardReference: z.strictObject({ cardReferenceId }),
  cardNumber: z.strictObject({ cardNumber }),
  pool: z.strictObject({
    staged: z.number(),
    available: z.number(),
    reserved: z.number(),
    used: z.number(),
    quarantined: z.number(),
    oldestReservedSeconds: z.number(),
    consumedPerMinute: z.number(),
    minutesToEmpty: z.nullable(z.number()),
  }),
};
export type AnswerName = keyof typeof ANSWERS;
