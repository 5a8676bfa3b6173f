import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import { suiteOf } from '../../../scripts/cli/conformance/suite.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { type ManglingFront, startFront } from '../mangling-front.ts';
import { BROKEN_TOMES } from './broken-tomes.ts';
import { idsWith, runConformance } from './conformance-run.ts';

let simulator: Simulator;
let front: ManglingFront;

beforeEach(async () => {
  simulator = await startSimulator({ seed: 4, switches: { latencyMs: 0, rateLimitScope: 'off' } });
  front = await startFront(simulator.url);
});

afterEach(async () => {
  await front.close();
  await simulator.close();
});

describe('the conformance suite', () => {
  test.each(BROKEN_TOMES)(
    'names the rule that a TOME breaks which $what',
    async ({ fails, switches = {}, faults = [], mangle, issued = 0, profile = {}, ...options }) => {
      simulator.turn(switches);
      for (const namespace of ['ns1', 'ns2'] as const) {
        simulator.vaults[namespace].issue('before', issued, 0, simulator.switches());
      }
      for (const fault of faults) simulator.faults.order(fault);
      if (mangle !== undefined) front.mangle = mangle();
      const result = await runConformance({
        url: front.url,
        profile: JSON.stringify({ ...SHIPPED_PROFILES['simulator'], ...profile }),
        ...options,
      });
      expect(idsWith(result, 'failed')).toEqual(fails);
    },
  );

  test('every rule is broken by a TOME of these tests', () => {
    const broken = new Set(BROKEN_TOMES.flatMap(({ fails }) => fails.map(withoutNamespace)));
    const { checks, observations } = suiteOf({ rate: true });
    const rules = [...observations, ...checks].map(({ id }) => withoutNamespace(id));
    expect(rules.filter((id) => !broken.has(id))).toEqual([]);
  });
});

const withoutNamespace = (id: string): string => id.replace(/^ns[12]\./, '');
