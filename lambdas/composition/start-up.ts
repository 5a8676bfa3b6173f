import { configureMasks } from '../runtime/logging/masked-digits.ts';
import { asOwnError } from '../runtime/own-error.ts';
import { readDomainSettings } from '../runtime/settings.ts';
import { digitFormOfTokens } from '../tokenization/model/digit-form.ts';
import { digitFormOf } from '../tokenization/model/source-form.ts';
import { sourceFormOf } from './domain-settings.ts';

/**
 * Connects the parts of a function once, while its module is loaded. Lambda prints an error from
 * here with its message and all properties, so foreign errors are replaced first (`own-error.ts`).
 */
export async function startUp<Composed>(compose: () => Promise<Composed>): Promise<Composed> {
  try {
    const composed = await compose();
    maskLogs();
    return composed;
  } catch (error) {
    throw asOwnError('The function cannot start', error);
  }
}

/**
 * Masks internal tokens and account numbers in the log, if they are digits. After the composition,
 * which reports all faults of the settings of its function at once.
 */
function maskLogs(): void {
  const settings = readDomainSettings();
  const forms = [digitFormOfTokens(settings.TOME_PROFILE.namespaces.ns1.token), digitFormOf(sourceFormOf(settings))];
  configureMasks(forms.filter((form) => form !== null));
}
