import type { Lease } from '../tokenization/ports/refill-store.ts';
import type { Sql } from './database.ts';

/**
 * Written before the call is made. Until the answer is stored the call counts as a leak of all that it asked for (brief 2, rule 7 and I8).
 * The id is the caller's, so that a second execution collides with the first.
 */
export async function announcePrefetch(
  sql: Sql,
  id: string,
  { fencing }: Lease,
  { namespace, count }: { readonly namespace: 'ns1' | 'ns2'; readonly count: number },
): Promise<void> {
  await sql`
    INSERT INTO prefetch_call (id, namespace, fencing, requested)
    VALUES (${id}, ${namespace}, ${fencing}, ${count})
    ON CONFLICT (id) DO NOTHING
  `;
}
