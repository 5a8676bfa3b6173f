import * as z from 'zod/mini';
import { readTomeProfile } from '../tome/profile/read-profile.ts';
import { findUrlFaults, type UrlForm } from './url-faults.ts';

/** Parsers of settings. Each message follows the setting's name, and never quotes the value. */

/** A whole number within the bounds, both included. */
export const integer = (fallback: number, minimum: number, maximum: number) =>
  z.prefault(
    z.pipe(
      z.string().check(z.regex(/^\d{1,15}$/, `must be a whole number from ${minimum} to ${maximum}`)),
      z.pipe(
        z.transform((text: string) => Number(text)),
        z
          .number()
          .check(z.minimum(minimum, `must be at least ${minimum}`), z.maximum(maximum, `must be at most ${maximum}`)),
      ),
    ),
    String(fallback),
  );

/** A share from 0 to 1. */
export const ratio = (fallback: number) =>
  z.prefault(
    z.pipe(
      z.string().check(z.regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')),
      z.transform((text: string) => Number(text)),
    ),
    String(fallback),
  );

export const flag = (fallback: boolean) =>
  z.prefault(
    z.pipe(
      z.string().check(z.regex(/^(true|false)$/, 'must be true or false')),
      z.transform((text: string) => text === 'true'),
    ),
    String(fallback),
  );

/** One of a few values. */
export const choice = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  fallback: NoInfer<Values[number]>,
) => z.prefault(z.enum(values, `must be one of ${values.join(', ')}`), fallback);

export const optionalChoice = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.optional(z.enum(values, `must be one of ${values.join(', ')}`));

/** Lengths and ranges of lengths, both ends included, such as `10-19` or `8,12,16-19`. */
export const lengths = (fewest: number, most: number) =>
  z.pipe(
    z.string(),
    z.transform((text: string, { issues }) => {
      const ranges = text.split(',').map((range) => /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(range) ?? []);
      const all = new Set<number>();
      for (const [, from = 'none', to = from] of ranges) {
        const isUsable = Number(from) >= fewest && Number(from) <= Number(to) && Number(to) <= most;
        if (!isUsable) {
          const message = `must be lengths from ${fewest} to ${most}, such as 10-19 or 12,16`;
          issues.push({ code: 'custom', message, input: text });
          return z.NEVER;
        }
        for (let length = Number(from); length <= Number(to); length += 1) all.add(length);
      }
      return [...all].sort((one, other) => one - other);
    }),
  );

/** A text of a given form. */
export const text = (form: RegExp, message: string, fallback: string) =>
  z.prefault(z.string().check(z.regex(form, message)), fallback);

export const optionalText = (form: RegExp, message: string) => z.optional(z.string().check(z.regex(form, message)));

export const url = (form: UrlForm) =>
  z.string('must be set').check(({ value, issues }) => {
    for (const message of findUrlFaults(value, form)) issues.push({ code: 'custom', message, input: value });
  });

export const httpUrl = url({ schemes: ['http', 'https'], expected: 'must be an http or https URL' });

/** What is known of TOME: the name of a shipped profile, or the JSON of one. */
export const tomeProfile = z.prefault(
  z.pipe(
    z.string(),
    z.transform((text: string, { issues }) => {
      const read = readTomeProfile(text);
      if ('profile' in read) return read.profile;
      for (const message of read.faults) issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    }),
  ),
  'simulator',
);
