import { TomeRateLimited } from '../../../lambdas/tokenization/tome-errors.ts';
import type { Namespace } from '../../../lambdas/tome/contract/contract.ts';
import type { Finding } from './finding.ts';
import type { TomeCalls } from './tome-calls.ts';

const MAX_BURSTS = 3;
const BURST = 400;
/**
 * One lookup in 20 goes to the other namespace: too few to reach a separate limit of that
 * namespace.
 */
const OTHER_EVERY = 20;

/**
 * Sends bursts of lookups that find nothing until TOME answers 429. If TOME also refuses some of
 * the few lookups on the other namespace, both namespaces share the limit. A burst shows that a
 * limit exists, but not its value.
 */
export async function askRate(tome: TomeCalls): Promise<readonly Finding[]> {
  const isRefused = async (namespace: Namespace): Promise<boolean> => {
    try {
      await tome.call(namespace, 'lookup', { source: UNKNOWN_SOURCE[namespace] });
      return false;
    } catch (error) {
      if (error instanceof TomeRateLimited) return true;
      throw error;
    }
  };
  const namespaces = Array.from({ length: BURST }, (_, call): Namespace => (call % OTHER_EVERY === 0 ? 'ns2' : 'ns1'));
  const question = `lookups refused by the rate limit, of ${BURST} at once, one in ${OTHER_EVERY} on the other namespace`;
  for (let tried = 0; tried < MAX_BURSTS; tried += 1) {
    const refusals = await Promise.all(namespaces.map(isRefused));
    const refused = (wanted: Namespace): number =>
      refusals.filter((isOne, call) => isOne && namespaces[call] === wanted).length;
    if (refused('ns1') === 0) continue;
    const scope = refused('ns2') > 0 ? 'they share the limit' : 'each has its own limit';
    return [{ question, answer: `${refused('ns1')} and ${refused('ns2')}: ${scope}` }];
  }
  return [{ question, answer: `none in ${MAX_BURSTS} bursts` }];
}

/** Made up, and not bound. */
const UNKNOWN_SOURCE: Readonly<Record<Namespace, string>> = {
  ns1: '4000000000000002',
  ns2: 'it_not_issued',
};
