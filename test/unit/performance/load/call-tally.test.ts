import { expect, test } from 'vitest';
import { CallTally } from '../../../../scripts/performance/load/tome-watch.ts';
import type { LedgerCall } from '../../../../scripts/simulator/ledger.ts';

function tallyOf(calls: readonly Partial<LedgerCall>[]) {
  const tally = new CallTally('load-mine');
  for (const [index, call] of calls.entries()) {
    tally.add({
      sequence: index + 1,
      atMs: 0,
      namespace: 'ns1',
      operation: 'tokenize',
      lane: 'live',
      outcome: 'bound',
      requestId: String(index),
      correlationId: '',
      ...call,
    });
  }
  return tally.calls();
}

test('live calls are counted for the operation in their correlation id, and not if they belong to another run', () => {
  const calls = tallyOf([
    { correlationId: 'load-mine.create.1' },
    { correlationId: 'load-mine.lookup.2', operation: 'lookup' },
    { correlationId: 'load-mine.detokenize.3', operation: 'detokenize' },
    { correlationId: 'load-mine.detokenize.4', operation: 'detokenize' },
    { correlationId: 'load-other.create.1' },
    { correlationId: '6f1c1ff0-3d0e-4b6e-9c39-000000000000' },
  ]);
  expect(calls).toMatchObject({ live: { create: 1, lookup: 1, detokenize: 2 }, liveOfOthers: 2, batch: 0 });
});

test('a creation that called NS2 counts once as direct, however many calls it made', () => {
  const calls = tallyOf([
    { correlationId: 'load-mine.create.1' },
    { correlationId: 'load-mine.create.2' },
    { correlationId: 'load-mine.create.2', operation: 'lookup' },
    { correlationId: 'load-mine.create.2', namespace: 'ns2' },
    { correlationId: 'load-mine.create.2', namespace: 'ns2', operation: 'lookup' },
  ]);
  expect(calls).toMatchObject({ directCreations: 1, live: { create: 5 } });
});

test('batch calls and refusals are counted separately', () => {
  const calls = tallyOf([
    { lane: 'batch', namespace: 'ns2' },
    { lane: 'batch', namespace: 'ns2', outcome: 'rate-limited' },
    { correlationId: 'load-mine.create.1', outcome: 'rate-limited' },
  ]);
  expect(calls).toMatchObject({ batch: 2, rateLimited: 2, live: { create: 1 } });
});
