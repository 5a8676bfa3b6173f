import { expect, test } from 'vitest';
import { steadyArrivals } from '../../scripts/load/arrivals.ts';
import { CardTraffic } from '../../scripts/load/card-traffic.ts';
import { watchLevel } from '../../scripts/load/level-samples.ts';
import { runLoad } from '../../scripts/load/load-run.ts';
import { deployedTarget } from '../../scripts/load/load-target.ts';
import { watchTome } from '../../scripts/load/tome-watch.ts';
import { seededRandom } from '../../scripts/simulator/seeded-random.ts';
import { startStack } from './running-stack.ts';

test('a short load over a running stack counts every request, one TOME call each, and the pairs that it took', async () => {
  const running = await startStack({ POOL_TARGET_MIN: '200', POOL_COVER_MINUTES: '0' });
  try {
    const target = await deployedTarget(running.stack.url, { sigv4: false });
    if (target.tomeUrl === null) throw new Error('A local stack tells where its simulator is.');
    const tome = await watchTome(target.tomeUrl, 'load-suite');
    const traffic = new CardTraffic({
      mix: { create: 50, lookup: 25, detokenize: 25 },
      firstSerial: 1_000,
      runId: 'load-suite',
      idempotencyKeys: true,
      random: seededRandom(1),
    });
    const level = watchLevel(target.sender, 200);
    const outcome = await runLoad({ sender: target.sender, traffic, arrivals: steadyArrivals(40, 3) });
    await level.stop();
    const calls = await tome.finish();
    await target.close();

    expect(outcome).toMatchObject({ sent: 120, notSent: 0, wrongTotal: 0 });
    const { create, lookup, detokenize } = outcome.operations;
    expect(create.sent + lookup.sent + detokenize.sent).toBe(120);
    for (const [name, operation] of Object.entries({ create, lookup, detokenize })) {
      expect([name, operation.errors]).toEqual([name, {}]);
      expect(operation.sent).toBeGreaterThan(0);
      expect(operation.latencyMs.count).toBe(operation.sent);
    }
    expect(create.statuses).toEqual({ '201': create.sent });
    expect(calls).toMatchObject({
      live: { create: create.sent, lookup: lookup.sent, detokenize: detokenize.sent },
      liveOfOthers: 0,
      directCreations: 0,
    });
    expect(level.failures).toEqual({});
    expect(level.samples[0]?.available).toBeGreaterThan(200 - create.sent);
    expect(level.samples.at(-1)?.available).toBe(200 - create.sent);
  } finally {
    await running.stop();
  }
});
