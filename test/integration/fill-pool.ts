import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Database } from '../../lambdas/pool/database/database.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import type { CardReference } from '../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../lambdas/tokenization/model/internal-token.ts';
import type { TokenPair } from '../../lambdas/tokenization/model/pair.ts';
import { findFormatFault } from '../../lambdas/tokenization/model/reference-format.ts';

export const newInternalToken = (): InternalToken => randomBytes(18).toString('base64url') as InternalToken;
export const newReference = (): CardReference => {
  for (;;) {
    const text = `9${Array.from({ length: 15 }, () => randomInt(10)).join('')}`;
    if (findFormatFault(text, 'any') === null) return text as CardReference;
  }
};

export const newPair = (): TokenPair => ({ internalToken: newInternalToken(), cardReference: newReference() });

/** Makes new pairs available with the statements of a refill, without TOME. */
export async function fillPool(database: Database, count: number, expiresAt: Date | null = null): Promise<void> {
  const store = createRefillStore(database, { leaseSeconds: 3_600, maxMappingFailures: 3, expiryMarginSeconds: 0 });
  const lease = await store.acquireLease(randomUUID());
  if (lease === null) throw new Error('Another run holds the lease.');
  const pairs = Array.from({ length: count }, newPair);
  await store.stage(lease, [], {
    internalTokens: pairs.map(({ internalToken }) => ({ token: internalToken, expiresAt })),
    references: pairs.map(({ cardReference }) => ({ token: cardReference, expiresAt })),
    rejected: [],
  });
  const staged = await store.stagedPairs(count);
  await store.activate(lease, staged);
  await store.releaseLease(lease);
}
