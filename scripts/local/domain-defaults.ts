import { VOCABULARIES, vocabularyOfDomain } from '../../lambdas/vocabulary.ts';

/** The account numbers of the producer domain `program`, as in lib/environments/environments.ts. */
const ACCOUNT_NUMBERS = { SOURCE_LENGTHS: '10-19', SOURCE_CHECK_DIGIT: 'none' } as const;

/**
 * Sets the form of sources that CDK sets for the functions of a producer domain on AWS. A variable
 * that has a value keeps it. An empty variable counts as absent.
 */
export function useDomainDefaults(): void {
  if (vocabularyOfDomain(process.env['PRODUCER_DOMAIN'] ?? '') === VOCABULARIES.account) {
    process.env['SOURCE_FORM'] ||= 'account-number';
  }
  if (process.env['SOURCE_FORM'] !== 'account-number') return;
  for (const [name, value] of Object.entries(ACCOUNT_NUMBERS)) process.env[name] ||= value;
}
