import { asOwnError } from './own-error.ts';

/**
 * What a function is composed of, once, while its module is loaded. Lambda prints what is thrown there, message and properties and
 * all; so a failure of a client, a parser or a driver is thrown on without its own words (`own-error.ts`).
 */
export async function startUp<Composed>(compose: () => Promise<Composed>): Promise<Composed> {
  try {
    return await compose();
  } catch (error) {
    throw asOwnError('The function cannot start', error);
  }
}
