import { readPoolHealth } from '../pool/pool-health.ts';
import { readSettings } from '../runtime/settings.ts';
import type { PoolHealth } from '../tokenization/pool-health.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { composeRequestDatabase } from './database.ts';
import { vocabularyOf } from './domain-settings.ts';

export interface ComposedPool {
  readonly readHealth: (deadlineMs: number) => Promise<PoolHealth>;
  readonly vocabulary: Vocabulary;
  readonly deadlineMs: number;
  readonly requestsPerSecond: number;
}

/** Connects the pool route with the database. Throws InvalidSettings. */
export async function composePool(): Promise<ComposedPool> {
  const settings = readSettings('pool');
  const database = await composeRequestDatabase(settings);
  return {
    readHealth: (deadlineMs) => database.until(deadlineMs).run(readPoolHealth),
    vocabulary: vocabularyOf(settings),
    deadlineMs: settings.REQUEST_DEADLINE_MS,
    requestsPerSecond: settings.CALLER_REQUESTS_PER_SECOND,
  };
}
