import { type Check, failed, notTried, passed, type Verdict } from '../check.ts';
import type { SuiteContext } from '../suite-context.ts';
import { pairOf } from './binding-checks.ts';

/** Usable items of a bulk call. */
const ITEMS = 3;

/** Calls for items that fail: a failed item can be sent again. */
const MOST_CALLS = 3;

interface Item {
  readonly source: string;
  readonly token: string;
}

/** NS2's bulk tokenize, which a prefetch uses if there is one. */
export const bulkChecks: readonly Check[] = [
  {
    id: 'ns2.bulk',
    sentence: 'Bulk tokenize is there as the profile says: one result for each item, and a bad item spoils no other.',
    line: 'bulkItems',
    remedy: 'Set bulkItems to null if TOME has no bulk tokenize, or let it answer each item for itself.',
    needs: ['ns2.bind'],
    calls: MOST_CALLS + 1,
    run: bulk,
  },
  {
    id: 'ns2.bulk-size',
    sentence: 'A bulk call of the largest size is answered.',
    line: 'bulkItems',
    remedy: 'Set bulkItems to the number of items that TOME takes.',
    needs: ['ns2.bulk'],
    calls: 1,
    run: async ({ profile: { bulkItems }, product, stock }) => {
      if (bulkItems === null) return notTried('the profile says that there is no bulk tokenize');
      if (Math.min(stock.ns1.left, stock.ns2.left) < bulkItems) {
        return notTried(`it takes ${bulkItems} tokens of each namespace: allow more with --tokens`);
      }
      const items = itemsOf({ stock }, bulkItems);
      const results = await product.ns2.bulkTokenize(items);
      return results?.length === items.length ? passed() : failed('there is no bulk tokenize');
    },
  },
];

const itemsOf = ({ stock }: Pick<SuiteContext, 'stock'>, count: number): readonly Item[] =>
  Array.from({ length: count }, () => ({ source: stock.ns1.take(), token: stock.ns2.take() }));

async function bulk(context: SuiteContext): Promise<Verdict> {
  const { profile, product, bound } = context;
  if (profile.bulkItems === null) {
    const results = await product.ns2.bulkTokenize(itemsOf(context, 1));
    return results === null ? passed('there is none') : failed('there is a bulk tokenize');
  }
  const items = itemsOf(context, Math.min(ITEMS, profile.bulkItems));
  const [first] = items;
  if (first === undefined) return notTried('there are no tokens');
  const unbound = await bindAll(context, items);
  if (unbound !== null) return failed(unbound);
  if (profile.bulkItems === 1) return passed();
  // The reference of this item is bound to another token.
  const taken = { source: context.stock.ns1.take(), token: pairOf(bound, 'ns2').token };
  const results = await product.ns2.bulkTokenize([taken, first]);
  if (results === null) return failed('there is no bulk tokenize');
  const [ofTaken, ofFirst] = results;
  if (ofTaken?.outcome === 'bound') return failed('a bound reference was bound again');
  return ofFirst?.outcome === 'bound' && ofFirst.token === first.token
    ? passed()
    : failed('a bad item spoiled the item after it');
}

/** Why an item is not bound to its token; `null` when all are. */
async function bindAll({ product }: SuiteContext, items: readonly Item[]): Promise<string | null> {
  let open = items;
  for (let calls = 0; calls < MOST_CALLS && open.length > 0; calls += 1) {
    const results = await product.ns2.bulkTokenize(open);
    if (results === null) return 'there is no bulk tokenize';
    for (const [index, result] of results.entries()) {
      if (result.outcome === 'unusable') return 'a result names no token of the form of the profile';
      if (result.outcome === 'bound' && result.token !== open[index]?.token) return 'a result names another token';
    }
    open = open.filter((_, index) => results[index]?.outcome === 'failed');
  }
  return open.length === 0 ? null : `${open.length} of ${items.length} items failed ${MOST_CALLS} times`;
}
