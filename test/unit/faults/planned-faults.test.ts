import { expect, test } from 'vitest';
import { Crashed } from '../../faults/harness/fault-modes.ts';
import { LateEffects } from '../../faults/harness/late-effects.ts';
import { PlannedFaults } from '../../faults/harness/planned-faults.ts';

const POINT = { kind: 'sql', name: 'sql a statement' } as const;

test('a branch of a crashed process makes no further call, also while its successor runs', async () => {
  const faults = new PlannedFaults(new Map([[1, 'crash-before']]), new LateEffects());
  const crashing = faults.startProcess();
  const slow = Promise.withResolvers<void>();
  const calls: string[] = [];
  const branch = (async () => {
    await crashing.around(POINT, () => slow.promise);
    await crashing.around(POINT, async () => void calls.push('crashed process'));
  })();
  await expect(crashing.around(POINT, async () => undefined)).rejects.toBeInstanceOf(Crashed);
  const successor = faults.startProcess();
  slow.resolve();
  await expect(branch).rejects.toBeInstanceOf(Crashed);
  await successor.around(POINT, async () => void calls.push('successor'));
  expect(calls).toEqual(['successor']);
});

test('a run ends only when the calls of its crashed processes have ended', async () => {
  const faults = new PlannedFaults(new Map(), new LateEffects());
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
