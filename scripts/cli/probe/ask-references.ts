import type { LuhnPolicy } from '../../../lambdas/tokenization/model/luhn.ts';
import { passesLuhn } from '../../../lambdas/tokenization/model/luhn.ts';
import { findFormatFault } from '../../../lambdas/tokenization/model/reference-format.ts';
import type { Finding } from './finding.ts';

/** Checks the format of some references of NS2. */
export function askReferences(references: readonly string[]): readonly Finding[] {
  const bad = references.filter((reference) => findFormatFault(reference, 'any') !== null).length;
  const passing = references.filter(passesLuhn).length;
  const policy: LuhnPolicy = passing === 0 ? 'must-fail' : passing === references.length ? 'must-pass' : 'any';
  return [
    {
      question: 'references outside the agreed format, which the prefetch rejects',
      answer: `${bad} of ${references.length}`,
      isForbidding: bad === references.length,
    },
    {
      question: "references that pass the card numbers' check digit (one in ten would by chance)",
      answer: `${passing} of ${references.length}`,
      // If only some references pass, the stricter policy costs tokens but is safe.
      setting: { name: 'REFERENCE_LUHN', value: policy === 'any' ? 'must-fail' : policy },
    },
  ];
}
