import { mayCoincide, mayLookLikeCard, type TokenForm } from '../../../lambdas/tokenization/model/token-form.ts';
import type { Finding } from './finding.ts';
import { FEWEST_TOKENS, learnForm, type SeenForm, type WrittenForm } from './learn-form.ts';
import type { LearnedLines } from './learned-lines.ts';

/** What the tokens of both namespaces look like, and whether that tells them apart. */
export function askForms(internalTokens: readonly string[], references: readonly string[]): readonly Finding[] {
  const internalForm = learnForm(internalTokens);
  const referenceForm = learnForm(references);
  const areEnough = Math.min(internalTokens.length, references.length) >= FEWEST_TOKENS;
  return [
    formFinding('what internal tokens look like', internalForm, internalForm !== null, internalTokens, (token) => ({
      'namespaces.ns1.token': token,
    })),
    formFinding('what references look like', referenceForm, isReferenceForm(referenceForm), references, (token) => ({
      'namespaces.ns2.token': token,
    })),
    ...(internalForm === null || referenceForm === null
      ? []
      : [toldApart(internalForm.form, referenceForm.form, areEnough)]),
  ];
}

/** The API promises references of 16 digits. */
const isReferenceForm = (seen: SeenForm | null): boolean =>
  seen?.form.alphabet === 'digits' && seen.form.shortest === 16 && seen.form.longest === 16;

function formFinding(
  question: string,
  seen: SeenForm | null,
  isUsable: boolean,
  tokens: readonly string[],
  lines: (form: WrittenForm) => Partial<LearnedLines>,
): Finding {
  const isEnough = tokens.length >= FEWEST_TOKENS;
  const hint = isEnough || seen === null ? '' : `; too few to conclude a form: --tokens ${FEWEST_TOKENS}`;
  return {
    question,
    answer: `${seen?.description ?? 'no form of a profile'}${hint}`,
    isForbidding: tokens.length > 0 && !isUsable,
    ...(seen !== null && isEnough ? { lines: lines(seen.form) } : {}),
  };
}

function toldApart(one: WrittenForm, other: WrittenForm, isSure: boolean): Finding {
  const [internalToken, reference] = [formOf(one), formOf(other)];
  const reasons = [
    ...(mayCoincide(internalToken, reference) ? ['a text can be an internal token and a reference'] : []),
    ...(mayLookLikeCard(internalToken) ? ['an internal token can look like a card number'] : []),
  ];
  return {
    question: 'how internal tokens, references and card numbers are told apart',
    answer: reasons.length === 0 ? 'by their form' : `by knowledge only: ${reasons.join(', and ')}`,
    ...(isSure ? { lines: { toldApart: reasons.length === 0 ? 'by-form' : 'by-knowledge' } } : {}),
  };
}

const formOf = ({ forbiddenStarts = [], checkDigit = 'any', ...form }: WrittenForm): TokenForm => ({
  ...form,
  checkDigit,
  forbiddenStarts: forbiddenStarts.map((range) => {
    const [from = '', to = from] = range.split('-');
    return { from, to };
  }),
});
