import { randomUUID } from 'node:crypto';
import type { RefillStore } from '../tokenization/ports/refill-store.ts';
import { activatePairs } from './activate-pairs.ts';
import type { StatementRunner } from './database.ts';
import { acquireLease, releaseLease, renewLease } from './job-lease.ts';
import { announcePrefetch } from './prefetch-call.ts';
import { quarantineUnused } from './quarantine-unused.ts';
import { stagePairs } from './stage-pairs.ts';
import { countSpareTokens, noteMappingFailure, stagedPairs } from './staged-pairs.ts';

export interface RefillStoreSettings {
  /** How long a silent run is taken to be alive. */
  readonly leaseSeconds: number;
  /** Failed mappings after which a staged pair is quarantined. */
  readonly maxMappingFailures: number;
  /** How long before its tokens' expiry a pair leaves the pool. */
  readonly expiryMarginSeconds: number;
}

const JOB = 'prefetch';

/** The statements of the refill over one process's connections. */
export function createRefillStore(database: StatementRunner, settings: RefillStoreSettings): RefillStore {
  const { leaseSeconds, maxMappingFailures, expiryMarginSeconds } = settings;
  return {
    acquireLease: (holder) => database.run((sql) => acquireLease(sql, JOB, holder, leaseSeconds)),
    renewLease: (lease) => database.run((sql) => renewLease(sql, JOB, lease, leaseSeconds)),
    releaseLease: (lease) => database.run((sql) => releaseLease(sql, JOB, lease)),
    spareTokens: () => database.run(countSpareTokens),
    announcePrefetch: async (lease, request) => {
      const id = randomUUID();
      await database.run((sql) => announcePrefetch(sql, id, lease, request));
      return id;
    },
    stage: (lease, announcements, tokens) =>
      database.run((sql) => stagePairs(sql, lease, announcements, tokens, expiryMarginSeconds)),
    stagedPairs: (limit) => database.run((sql) => stagedPairs(sql, limit)),
    activate: (lease, pairIds) => database.run((sql) => activatePairs(sql, lease, pairIds)),
    quarantineStaged: async (pairIds, reason) => {
      await database.run((sql) => quarantineUnused(sql, pairIds, reason));
    },
    noteMappingFailure: (pairIds) => database.run((sql) => noteMappingFailure(sql, pairIds, maxMappingFailures)),
  };
}
