import { digitFormOfTokens } from '../tokenization/model/digit-form.ts';
import { configureMasks } from './logging/masked-digits.ts';
import { asOwnError } from './own-error.ts';
import { readSettings } from './settings.ts';

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

/** After the composition, which reports all faults of the settings of its function at once. */
function maskLogs(): void {
  const { TOME_PROFILE } = readSettings(['domain'], process.env);
  const internalTokens = digitFormOfTokens(TOME_PROFILE.namespaces.ns1.token);
  configureMasks(internalTokens === null ? [] : [internalTokens]);
}
