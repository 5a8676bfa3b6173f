import { expect, test } from 'vitest';
import { PURGED_KINDS, runSettler, type SettlementStore } from '../../../lambdas/tokenization/settle-reservations.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const deadlineMs = Number.POSITIVE_INFINITY;

function storeWith(rows: number): { store: SettlementStore; calls: string[] } {
  const calls: string[] = [];
  const record = (call: string): Promise<number> => {
    calls.push(call);
    return Promise.resolve(rows);
  };
  return {
    calls,
    store: {
      settleReservations: (limit) => record(`settle ${limit}`),
      retireExpired: (limit) => record(`retire ${limit}`),
      purgeExpired: (kind, limit) => record(`purge ${kind} ${limit}`),
    },
  };
}

test('one run quarantines stale reservations and expired pairs, and purges every kind of rows', async () => {
  const { store, calls } = storeWith(3);
  const result = await runSettler({ store, clock: new FakeClock(), batchSize: 100 }, deadlineMs);
  expect(calls).toEqual(['settle 100', 'retire 100', ...PURGED_KINDS.map((kind) => `purge ${kind} 5000`)]);
  expect(result).toMatchObject({ settled: 3, retired: 3, 'idempotency-keys': 3 });
});

test('a purge that fails does not stop the quarantine of reservations', async () => {
  const { store, calls } = storeWith(0);
  const failing = { ...store, purgeExpired: () => Promise.reject(new Error('The purge failed.')) };
  const run = runSettler({ store: failing, clock: new FakeClock(), batchSize: 100 }, deadlineMs);
  await expect(run).rejects.toThrow('The purge failed.');
  expect(calls).toEqual(['settle 100', 'retire 100']);
});
