import * as z from 'zod/mini';

/** The bodies of the API, written once: for the handlers' validation, API Gateway's models and the published OpenAPI file. */
const cardNumber = z.string();
const cardReferenceId = z.string();

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
