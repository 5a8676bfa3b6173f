import * as z from 'zod/mini';

/**
 * The bodies of the API, written once: for the handlers' validation, API Gateway's models and the published OpenAPI file.
 *
 * What is said of the texts themselves is for the published file only. The handlers check more than a pattern can say, and name the field
 * without quoting it; API Gateway would quote a text that does not match into its own log (lib/api/api-models.ts).
 */
const cardNumber = z.string().register(z.globalRegistry, {
  pattern: '^[1-9][0-9]{12,18}$',
  minLength: 13,
  maxLength: 19,
  example: '4000000000000002',
  description: "13 to 19 digits with a right check digit, in a length that the card's network issues.",
});
const cardReferenceId = z.string().register(z.globalRegistry, {
  pattern: '^[0-9]{16}$',
  minLength: 16,
  maxLength: 16,
  example: '9000000000000009',
  description: '16 digits that never start as a card number does.',
});

export const cardNumberRequest = z.strictObject({ cardNumber });
export const cardReferenceRequest = z.strictObject({ cardReferenceId });

export const cardReferenceAnswer = z.strictObject({ cardReferenceId });
export const cardNumberAnswer = z.strictObject({ cardNumber });
export const poolAnswer = z.strictObject({
  staged: z.number(),
  available: z.number(),
  reserved: z.number(),
  used: z.number(),
  quarantined: z.number(),
  oldestReservedSeconds: z.number(),
  consumedPerMinute: z.number(),
  minutesToEmpty: z.nullable(z.number()),
});
