import type { Settings } from '../runtime/setting-groups.ts';
import { CARD_NUMBERS, type SourceForm } from '../tokenization/model/source-form.ts';
import { VOCABULARIES, type Vocabulary, vocabularyOfDomain } from '../vocabulary.ts';

/** The words of the producer domain: those that the settings name, or those of its name. */
export const vocabularyOf = ({ VOCABULARY, PRODUCER_DOMAIN }: Settings<'domain'>): Vocabulary =>
  VOCABULARY === undefined ? vocabularyOfDomain(PRODUCER_DOMAIN) : VOCABULARIES[VOCABULARY];

/**
 * What the sources of the producer domain look like. `setting-conflicts.ts` has refused account
 * numbers without lengths or without a rule for the check digit; the fallbacks accept nothing.
 */
export function sourceFormOf(settings: Settings<'domain'>): SourceForm {
  const { SOURCE_FORM: kind, SOURCE_LENGTHS: lengths = [], SOURCE_CHECK_DIGIT: checkDigit = 'luhn' } = settings;
  return kind === 'card-number' ? CARD_NUMBERS : { kind, lengths, checkDigit };
}
