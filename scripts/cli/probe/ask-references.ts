import { passesLuhn } from '../../../lambdas/tokenization/model/luhn.ts';
import { findFormatFault, type LuhnPolicy } from '../../../lambdas/tokenization/model/reference-format.ts';
import type { Finding } from './finding.ts';

/** What NS2's references look like, from a handful of them. */
export function askReferences(references: readonly string[]): readonly Finding[] {
  const bad = references.filter((reference) => findFormatFault(reference, 'any') !== null).length;
  const passing = references.filter(passesLuhn).length;
  const policy: LuhnPolicy = passing === 0 ? 'must-fail' : passing === references.length ? 'must-pass' : 'any';
  return [
    {
      question: 'references outside the agreed format, which the prefetch refuses and keeps out of use',
      answer: `${bad} of ${references.length}`,
      isForbidding: bad === references.length,
    },
    {
      question: "references that pass the card numbers' check digit (one in ten would by chance)",
      answer: `${passing} of ${references.length}`,
      // Where some pass and some do not, the stricter policy only costs tokens.
      setting: { name: 'REFERENCE_LUHN', value: policy === 'any' ? 'must-fail' : policy },
    },
  ];
}
