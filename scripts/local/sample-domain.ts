import { sourceFormOf, vocabularyOf } from '../../lambdas/composition/domain-settings.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { VOCABULARIES, type Vocabulary } from '../../lambdas/vocabulary.ts';
import { useDomainDefaults } from './domain-defaults.ts';
import { useLocalProfile } from './local-profile.ts';
import { madeUpCard } from './made-up-cards.ts';
import { madeUpSource } from './made-up-sources.ts';

/** A producer domain whose API a program calls with made-up sources. */
export interface SampleDomain {
  readonly vocabulary: Vocabulary;
  readonly madeUpSource: (serial: number) => string;
}

export const CARD_DOMAIN: SampleDomain = { vocabulary: VOCABULARIES.card, madeUpSource: madeUpCard };

/**
 * The producer domain of the environment (PRODUCER_DOMAIN and the settings of sources), as `npm
 * start` reads it. Throws InvalidSettings.
 */
export function sampleDomain(): SampleDomain {
  useLocalProfile();
  useDomainDefaults();
  const settings = readSettings(['domain'], process.env);
  const form = sourceFormOf(settings);
  return { vocabulary: vocabularyOf(settings), madeUpSource: (serial) => madeUpSource(serial, form) };
}
