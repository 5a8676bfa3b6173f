import * as z from 'zod/mini';
import type { Vocabulary, WrittenField } from '../vocabulary.ts';

/** The bodies of requests as handlers see them, the same in every vocabulary. */
export interface RequestBodies {
  readonly source: { readonly source: string };
  readonly reference: { readonly reference: string };
}
export type RequestName = keyof RequestBodies;

/** The level of the pool: `GET /v1/pool`. */
const poolLevel = z.strictObject({
  staged: z.number(),
  available: z.number(),
  reserved: z.number(),
  used: z.number(),
  quarantined: z.number(),
  oldestReservedSeconds: z.number(),
  consumedPerMinute: z.number(),
  minutesToEmpty: z.nullable(z.number()),
});

/** The bodies of answers as handlers return them. */
export interface AnswerBodies extends RequestBodies {
  readonly pool: z.output<typeof poolLevel>;
}
export type AnswerName = keyof AnswerBodies;

/**
 * The bodies of the API in the words of a vocabulary. Handlers validate with them, and API
 * Gateway's models and the published OpenAPI files are made from them.
 */
export function bodiesIn({ fields }: Pick<Vocabulary, 'fields'>) {
  return {
    source: bodyOf(fields.source),
    reference: bodyOf(fields.reference),
    pool: poolLevel,
  };
}

/**
 * Pattern and length are only for the published file. The handlers check more than a pattern can
 * say, and name the field without its value; API Gateway would write a value that does not match
 * into its own log (lib/api/api-models.ts).
 */
const bodyOf = ({ name, ...description }: WrittenField) =>
  z.strictObject({ [name]: z.string().register(z.globalRegistry, description) });

/** The schemas with which handlers read a body in the words of a vocabulary. */
export function requestsIn(vocabulary: Pick<Vocabulary, 'fields'>) {
  const { source, reference } = bodiesIn(vocabulary);
  const { fields } = vocabulary;
  return {
    source: z.pipe(
      source,
      z.transform((body): RequestBodies['source'] => ({ source: body[fields.source.name] ?? '' })),
    ),
    reference: z.pipe(
      reference,
      z.transform((body): RequestBodies['reference'] => ({ reference: body[fields.reference.name] ?? '' })),
    ),
  };
}
