import { connect } from '../../../../lambdas/pool/database/database.ts';
import type { TomeProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../../../scripts/local/made-up-cards.ts';
import { withCallsPerSecond } from '../../../support/tome-profiles.ts';
import { type Answer, DIRECT_CREATIONS_PER_SECOND, ROWS, type Row, type ServiceUnderTest } from './degradation-rows.ts';
import { TargetProcess } from './target-process.ts';
import { startTrialStack } from './trial-stack.ts';

/** Checks rows of docs/design.md#when-something-is-down on one API process. */
export async function runDegradation(profile: TomeProfile, onRow: (row: Row) => void): Promise<readonly Row[]> {
  const stack = await startTrialStack({
    seed: 7,
    profile: withCallsPerSecond(profile, 500),
    switches: { latencyMs: 10, rateLimitPerSecond: 250 },
    settings: {
      POOL_TARGET_MIN: '1500',
      POOL_COVER_MINUTES: '0',
      TOME_LIVE_CALLS_PER_SECOND: '225',
      TOME_BATCH_CALLS_PER_SECOND: '240',
      TOME_MAX_ATTEMPTS: '2',
      REQUEST_DEADLINE_MS: '3000',
      DATABASE_QUERY_TIMEOUT_MS: '800',
      RELAY_LEASE_SECONDS: '1',
      DIRECT_CREATIONS_PER_SECOND: String(DIRECT_CREATIONS_PER_SECOND),
    },
  });
  const target = new TargetProcess(stack.environment, () => undefined);
  await target.start();
  const sql = connect(stack.databaseUrl, { maxConnections: 1, prepare: false });
  const post = async (path: string, body: object): Promise<Answer> => {
    const startedMs = performance.now();
    const response = await fetch(`${target.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const { cardReferenceId = '', cardNumber = '' } = (await response.json()) as Record<string, string>;
    const ms = performance.now() - startedMs;
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      reference: cardReferenceId,
      card: cardNumber,
      ms,
    };
  };
  const service: ServiceUnderTest = {
    stack,
    post,
    create: (serial) => post('/v1/cards', { cardNumber: madeUpCard(serial) }),
    job: async (name) =>
      (await fetch(`${target.url}/_local/jobs/${name}`, { method: 'POST' })).json() as Promise<Record<string, unknown>>,
    pool: async () => (await fetch(`${target.url}/v1/pool`)).json() as never,
    count: async (query) => (await sql.unsafe<{ count: number }[]>(query))[0]?.count ?? 0,
  };
  await service.job('prefetch');
  const rows: Row[] = [];
  for (const check of ROWS) {
    const row = await check(service);
    rows.push(row);
    onRow(row);
  }
  await target.kill();
  await sql.end({ timeout: 1 });
  await stack.close();
  return rows;
}
