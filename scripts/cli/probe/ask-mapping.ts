import { BULK_TOKENIZE_LIMIT } from '../../../lambdas/tome/contract/contract.ts';
import type { Finding } from './finding.ts';
import type { TomeCalls } from './tome-calls.ts';

/** An internal token that is bound to a card, another one, and two unassigned references. */
export interface MappingTokens {
  readonly bound: string;
  readonly second: string;
  readonly reference: string;
  readonly another: string;
}

/** Sizes of bulk calls that are tried, largest first. */
const SIZES = [BULK_TOKENIZE_LIMIT, 250, 200, 100, 50, 25, 20, 10, 5, 2];

/** Whether NS2 binds an internal token, with `tokenize` and with `bulk-tokenize`. */
export async function askMapping(tome: TomeCalls, tokens: MappingTokens): Promise<readonly Finding[]> {
  const { bound, second, reference, another } = tokens;
  const mapped = await tome.call('ns2', 'tokenize', { source: bound, token: reference });
  const isMapped = 'answer' in mapped && mapped.answer.token === reference;
  const item = { source: second, token: another };
  const bulk = await tome.call('ns2', 'bulk-tokenize', { items: [item] });
  const isThere = 'answer' in bulk;
  const most = isThere ? await askBulkSize(tome, item) : null;
  return [
    {
      question: 'does NS2 bind an internal token to the reference asked for',
      answer: isMapped ? 'yes' : 'answer' in mapped ? 'another reference' : `${mapped.status} ${mapped.refusal.error}`,
      isForbidding: !isMapped,
    },
    {
      question: 'is there bulk tokenize',
      answer: isThere ? `yes, up to ${most} items` : `no (${bulk.status} ${bulk.refusal.error})`,
      setting: { name: 'PREFETCH_BULK_TOKENIZE', value: String(isThere) },
      ...(isThere || bulk.refusal.error === 'operation-absent' ? { lines: { bulkItems: most } } : {}),
    },
  ];
}

/** Repeats one binding in all items, so that a large call binds nothing new. */
async function askBulkSize(
  tome: TomeCalls,
  item: { readonly source: string; readonly token: string },
): Promise<number> {
  for (const size of SIZES) {
    const reply = await tome.call('ns2', 'bulk-tokenize', { items: Array.from({ length: size }, () => item) });
    if ('answer' in reply && reply.answer.results.length === size) return size;
  }
  return 1;
}
