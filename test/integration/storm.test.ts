import { expect, inject, test } from 'vitest';
import { createWorld } from '../faults/harness/world.ts';
import { runSchedule } from '../faults/trials/schedules.ts';
import { runStorm } from '../faults/trials/storm.ts';

const ACTORS = 24;

test('overlapping statements of 24 connections take no pair twice, lose no pair and violate no invariant', async () => {
  const world = await createWorld(inject('postgresUrl'), 11, { connections: ACTORS });
  for (const seed of [1, 2]) {
    const { violations, drained } = await runStorm(world, { operations: 1_500, actors: ACTORS, seed });
    expect(violations).toEqual([]);
    expect(drained).toBeGreaterThan(0);
    const edges = await world.sql<{ edge: string }[]>`
      SELECT DISTINCT from_state || ' ' || to_state AS edge FROM fault_watch.edge
    `;
    expect(edges.map(({ edge }) => edge)).toEqual(
      expect.arrayContaining(['RESERVED AVAILABLE', 'RESERVED QUARANTINED', 'RESERVED USED', 'QUARANTINED USED']),
    );
  }
  await world.close();
});

test('a schedule takes the same steps again after another schedule has used its world', async () => {
  const world = await createWorld(inject('postgresUrl'), 12);
  const first = await runSchedule(world, 5);
  await runSchedule(world, 6);
  const second = await runSchedule(world, 5);
  expect(second.steps).toEqual(first.steps);
  expect(first.steps.length).toBeGreaterThan(40);
  await world.close();
});
