import { TomeRateLimited } from '../../../lambdas/tokenization/tome-errors.ts';
import type { Namespace } from '../../../lambdas/tome/contract/contract.ts';
import type { Finding } from './finding.ts';
import type { TomeCalls } from './tome-calls.ts';

const MOST_BURSTS = 3;
const BURST = 400;
/** Every so manieth lookup is on the other namespace: too few to meet a limit of its own. */
const OTHER_EVERY = 20;

/**
 * Bursts of lookups of nothing until TOME says 429, a few of them on the other namespace: if some of those are refused as well, both share the limit.
 * A burst shows that there is a limit and not how high it is.
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
  const question = `refusals for their rate of ${BURST} lookups at once, one in ${OTHER_EVERY} on the other namespace`;
  for (let tried = 0; tried < MOST_BURSTS; tried += 1) {
    const refusals = await Promise.all(namespaces.map(isRefused));
    const refused = (wanted: Namespace): number =>
      refusals.filter((isOne, call) => isOne && namespaces[call] === wanted).length;
    if (refused('ns1') === 0) continue;
    const scope = refused('ns2') > 0 ? 'they share the limit' : 'each has its own limit';
    return [{ question, answer: `${refused('ns1')} and ${refused('ns2')}: ${scope}` }];
  }
  return [{ question, answer: `none in ${MOST_BURSTS} bursts` }];
}

/** Made up, and bound by nobody. */
const UNKNOWN_SOURCE: Readonly<Record<Namespace, string>> = {
  ns1: '4000000000000002',
  ns2: 'it_unknown_to_everybody',
};
