import { asOwnError } from './own-error.ts';

/**
 * Connects the parts of a function once, while its module is loaded. Lambda prints an error from
 * here with its message and all properties, so foreign errors are replaced first (`own-error.ts`).
 */
export async function startUp<Composed>(compose: () => Promise<Composed>): Promise<Composed> {
  try {
    return await compose();
  } catch (error) {
    throw asOwnError('The function cannot start', error);
  }
}
