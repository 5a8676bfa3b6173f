import { expect, test } from 'vitest';
import { Crashed } from '../../faults/harness/fault-modes.ts';
import { Deferred, PlannedFaults } from '../../faults/harness/interceptor.ts';

const POINT = { kind: 'sql', name: 'sql a statement' } as const;

test('what a process had begun when it died does not go on in the process that takes its place', async () => {
  const faults = new PlannedFaults(new Map([[1, 'crash-before']]), new Deferred());
  const dying = faults.startProcess();
  const slow = Promise.withResolvers<void>();
  const done: string[] = [];
  const branch = (async () => {
    await dying.around(POINT, () => slow.promise);
    await dying.around(POINT, async () => void done.push('by the dead'));
  })();
  await expect(dying.around(POINT, async () => undefined)).rejects.toBeInstanceOf(Crashed);
  const successor = faults.startProcess();
  slow.resolve();
  await expect(branch).rejects.toBeInstanceOf(Crashed);
  await successor.around(POINT, async () => void done.push('by the living'));
  expect(done).toEqual(['by the living']);
});

test('a run is over when what its dead processes had sent has ended', async () => {
  const faults = new PlannedFaults(new Map(), new Deferred());
  const slow = Promise.withResolvers<void>();
  let isOver = false;
  void faults.startProcess().around(POINT, () => slow.promise);
  const rest = faults.rest().then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  slow.resolve();
  await rest;
  expect(isOver).toBe(true);
});
