import { CURRENT_REFERENCE_FORMAT } from '../../tokenization/model/reference-format.ts';
import type { ReferenceRules } from '../../tokenization/model/reference-rules.ts';
import { CHARACTERS, type DigitRange, type TokenForm } from '../../tokenization/model/token-form.ts';
import { startsPattern } from './starts-pattern.ts';

/** What the database must know about the tokens of its TOME. The Luhn policy is the domain's. */
export type FormRules = Pick<ReferenceRules, 'referenceFormat' | 'forms'>;

/**
 * The bodies of the functions that check forms, by the function's name. `install-functions.ts` puts
 * them into the files of `functions/forms`, which have those of the default profile.
 *
 * Safe to execute as SQL: a pattern is made of the constants of `token-form.ts`, of numbers, and of
 * the digits of ranges.
 */
export function formBodies({ forms, referenceFormat }: FormRules): ReadonlyMap<string, string> {
  const { internalToken, reference, toldApart } = forms;
  const starts: readonly DigitRange[] = [
    ...(referenceFormat === 'card-networks' ? CURRENT_REFERENCE_FORMAT.forbidden : []),
    ...reference.forbiddenStarts,
  ];
  // An internal token of another length is no reference anyway.
  const isLikeReference = internalToken.shortest <= reference.longest && internalToken.longest >= reference.shortest;
  const noInternalToken = toldApart === 'by-form' && isLikeReference ? ['NOT is_internal_token(p_card_reference)'] : [];
  return new Map([
    ['is_internal_token', body([...conditionsOf('p_internal_token', internalToken), ...checkDigitOf(internalToken)])],
    [
      'may_be_new_reference',
      body([...conditionsOf('p_card_reference', { ...reference, forbiddenStarts: starts }), ...noInternalToken]),
    ],
    [
      'may_be_reference',
      body([...conditionsOf('p_card_reference', { ...reference, forbiddenStarts: [] }), ...noInternalToken]),
    ],
  ]);
}

const body = (conditions: readonly string[]): string => `  SELECT ${conditions.join('\n    AND ')}`;

/** The length is no part of the pattern, because PostgreSQL takes four times as long for it. */
function conditionsOf(
  parameter: string,
  { alphabet, shortest, longest, forbiddenStarts }: TokenForm,
): readonly string[] {
  const starts = startsPattern(forbiddenStarts);
  return [
    `length(${parameter}) ${shortest === longest ? `= ${shortest}` : `BETWEEN ${shortest} AND ${longest}`}`,
    `${parameter} ~ '^${CHARACTERS[alphabet]}+$'`,
    ...(starts === null ? [] : [`${parameter} !~ '${starts}'`]),
  ];
}

/** A reference's check digit is checked by the domain alone, by the setting REFERENCE_LUHN. */
function checkDigitOf({ checkDigit }: TokenForm): readonly string[] {
  if (checkDigit === 'any') return [];
  return [`${checkDigit === 'must-fail' ? 'NOT ' : ''}passes_luhn(p_internal_token)`];
}

const BODY = /(?<= AS \$\$\n)[^$]*(?:\$[^$]+)*(?=\n\$\$;\n$)/;

/**
 * The text of a function's file with another body. Throws if the file does not end with one body
 * between `AS $$` and `$$;`.
 */
export function withBody(text: string, newBody: string): string {
  if (!BODY.test(text)) throw new Error('The file of a form must end with one body between AS $$ and $$;');
  return text.replace(BODY, () => newBody);
}
