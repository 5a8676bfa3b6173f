import type { Settings } from '../runtime/setting-groups.ts';
import type { ReferenceRules } from '../tokenization/model/reference-rules.ts';
import { tokenFormsOf } from '../tome/profile/tome-profile.ts';

/** What a new reference must satisfy, by its settings. */
export const referenceRulesOf = (settings: Settings<'domain'>): ReferenceRules => ({
  referenceFormat: settings.REFERENCE_FORMAT,
  luhnPolicy: settings.REFERENCE_LUHN,
  forms: tokenFormsOf(settings.TOME_PROFILE),
});
