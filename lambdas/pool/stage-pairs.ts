import type { TransactionSql } from 'postgres';
import type { Lease, PrefetchedTokens, StagedCount } from '../tokenization/ports/refill-store.ts';
import { arrayLiteral } from './array-parameters.ts';
import type { Sql } from './database.ts';
import { assertLease } from './job-lease.ts';

type Transaction = TransactionSql<{ bigint: bigint }>;

interface LooseToken {
  readonly token: string;
  readonly expiresAt: Date | null;
}

/**
 * (none) -> STAGED, in one transaction under the run's lease: takes the spare tokens, pairs them and the new ones, keeps what is left over,
 * and settles the announcements. Executed again after a lost commit it finds its tokens stored and changes nothing: a token
 * that stands in a pair already is passed over, by both unique indexes.
 */
export async function stagePairs(
  sql: Sql,
  lease: Lease,
  announcements: readonly string[],
  tokens: PrefetchedTokens,
  expiryMarginSeconds: number,
): Promise<StagedCount> {
  return sql.begin(async (transaction) => {
    await assertLease(transaction as unknown as Sql, 'prefetch', lease);
    const internalTokens = distinct([...(await takeSpareTokens(transaction, 'ns1')), ...tokens.internalTokens]);
    const references = distinct([...(await takeSpareTokens(transaction, 'ns2')), ...tokens.references]);
    const pairs = Math.min(internalTokens.length, references.length);
    const staged = await insertPairs(
      transaction,
      internalTokens.slice(0, pairs),
      references.slice(0, pairs),
      expiryMarginSeconds,
    );
    const isStaged = new Set(staged.flatMap(({ internalToken, cardReference }) => [internalToken, cardReference]));
    const spareInternalTokens = internalTokens.filter(({ token }) => !isStaged.has(token));
    const spareReferences = references.filter(({ token }) => !isStaged.has(token));
    const rejected = tokens.rejectedReferences.map(({ token }) => ({ token, expiresAt: null }));
    const faults = tokens.rejectedReferences.map(({ fault }) => fault);
    await keepUnpaired(transaction, 'ns1', spareInternalTokens, null);
    await keepUnpaired(transaction, 'ns2', spareReferences, null);
    await keepUnpaired(transaction, 'ns2', rejected, faults);
    await transaction`UPDATE prefetch_call SET stored_at = now() WHERE id = ANY (${arrayLiteral(announcements)}::uuid[])`;
    return {
      staged: staged.length,
      spareInternalTokens: spareInternalTokens.length,
      spareReferences: spareReferences.length,
    };
  }) as Promise<StagedCount>;
}

/** Spare tokens that waited for a partner and have not expired. Locked by their deletion until the end of the transaction. */
async function takeSpareTokens(transaction: Transaction, namespace: 'ns1' | 'ns2'): Promise<LooseToken[]> {
  return transaction<LooseToken[]>`
    DELETE FROM unpaired_token
    WHERE namespace = ${namespace}
      AND rejected_because IS NULL
      AND (expires_at IS NULL OR expires_at > now())
    RETURNING token, expires_at AS "expiresAt"
  `;
}

/** All pairs in one statement; the shelf of the staged is filled by the same one. */
async function insertPairs(
  transaction: Transaction,
  internalTokens: readonly LooseToken[],
  references: readonly LooseToken[],
  expiryMarginSeconds: number,
): Promise<readonly { readonly internalToken: string; readonly cardReference: string }[]> {
  const expiries = internalTokens.map(({ expiresAt }, index) =>
    earlier(expiresAt, references[index]?.expiresAt ?? null),
  );
  return transaction<{ internalToken: string; cardReference: string }[]>`
    WITH inserted AS (
      INSERT INTO pair (internal_token, card_reference, expires_at)
      SELECT internal_token, card_reference, expires_at - make_interval(secs => ${expiryMarginSeconds})
      FROM unnest(
        ${arrayLiteral(internalTokens.map(({ token }) => token))}::text[],
        ${arrayLiteral(references.map(({ token }) => token))}::text[],
        ${arrayLiteral(expiries)}::timestamptz[]
      ) AS fresh (internal_token, card_reference, expires_at)
      ON CONFLICT DO NOTHING
      RETURNING id, internal_token, card_reference
    ),
    shelved AS (
      INSERT INTO staged_pair (pair_id)
      SELECT id FROM inserted
    )
    SELECT internal_token AS "internalToken", card_reference AS "cardReference" FROM inserted
  `;
}

/** Only tokens that stand in no pair: TOME may hand out one twice, and this may be a second execution. */
async function keepUnpaired(
  transaction: Transaction,
  namespace: 'ns1' | 'ns2',
  tokens: readonly LooseToken[],
  rejectedBecause: readonly string[] | null,
): Promise<void> {
  if (tokens.length === 0) return;
  await transaction`
    INSERT INTO unpaired_token (namespace, token, expires_at, rejected_because)
    SELECT ${namespace}, token, expires_at, rejected_because
    FROM unnest(
      ${arrayLiteral(tokens.map(({ token }) => token))}::text[],
      ${arrayLiteral(tokens.map(({ expiresAt }) => expiresAt))}::timestamptz[],
      ${arrayLiteral(rejectedBecause ?? tokens.map(() => null))}::text[]
    ) AS loose (token, expires_at, rejected_because)
    WHERE NOT EXISTS (SELECT 1 FROM pair WHERE pair.internal_token = loose.token)
      AND NOT EXISTS (SELECT 1 FROM pair WHERE pair.card_reference = loose.token)
    ON CONFLICT DO NOTHING
  `;
}

const distinct = (tokens: readonly LooseToken[]): LooseToken[] => [
  ...new Map(tokens.map((token) => [token.token, token])).values(),
];

function earlier(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}
