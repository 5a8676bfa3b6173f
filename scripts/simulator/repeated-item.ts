import type { Operation } from '../../lambdas/tome/contract/contract.ts';

/** The statuses of answers that can repeat the request's item. */
const WITH_ITEM: readonly number[] = [200, 404, 409];

interface Item {
  readonly source?: string;
  readonly token?: string;
}

/** The answer with the source or token of its request, for a TOME that repeats these. */
export function withRepeatedItem(operation: Operation, request: object, status: number, answer: object): object {
  if (!WITH_ITEM.includes(status)) return answer;
  const { source, token } = request as Item;
  switch (operation) {
    case 'prefetch':
      return answer;
    case 'tokenize':
    case 'lookup':
      return { ...answer, source };
    case 'detokenize':
      return { ...answer, token };
    case 'bulk-tokenize': {
      const { results } = answer as { readonly results?: readonly object[] };
      const { items } = request as { readonly items: readonly Item[] };
      if (results === undefined) return answer;
      return { ...answer, results: results.map((result, index) => ({ ...result, source: items[index]?.source })) };
    }
  }
}
