import { afterEach, describe, expect, test } from 'vitest';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import { suiteOf } from '../../../scripts/cli/conformance/suite.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { systemTime } from '../../../scripts/simulator/simulator-time.ts';
import { JumpingClock } from '../../support/jumping-clock.ts';
import { profileNamed } from '../../support/tome-profiles.ts';
import { type ManglingFront, startFront } from '../mangling-front.ts';
import { BROKEN_TOMES, type BrokenTome } from './broken-tomes.ts';
import { idsWith, runConformance } from './conformance-run.ts';
import { pausedTime } from './paused-time.ts';

let simulator: Simulator;
let front: ManglingFront;

afterEach(async () => {
  await front.close();
  await simulator.close();
});

async function failuresOf(broken: BrokenTome): Promise<readonly string[]> {
  const { base = 'simulator', switches = {}, faults = [], mangle, issued = 0, profile = {}, ...options } = broken;
  const { clock, time } = broken.hasRealTime === true ? { clock: new JumpingClock(), time: systemTime } : pausedTime();
  simulator = await startSimulator({
    seed: 4,
    profile: profileNamed(base),
    switches: { latencyMs: 0, rateLimitScope: 'off', ...switches },
    time,
  });
  front = await startFront(simulator.url);
  for (const namespace of ['ns1', 'ns2'] as const) {
    simulator.vaults[namespace].issue('before', issued, 0, simulator.switches());
  }
  for (const fault of faults) simulator.faults.order(fault);
  if (mangle !== undefined) front.mangle = mangle();
  const { TOME_CREDENTIAL } = simulator.clientSettings;
  const result = await runConformance({
    ...options,
    url: front.url,
    profile: JSON.stringify({ ...SHIPPED_PROFILES[base], ...profile }),
    variables: { ...(TOME_CREDENTIAL === undefined ? {} : { TOME_CREDENTIAL }), ...options.variables },
    clock,
    dateMs: time.dateMs,
  });
  return idsWith(result, 'failed');
}

describe('the conformance suite', () => {
  test.each(BROKEN_TOMES)('names the rule that a TOME breaks which $what', async (broken) => {
    expect(await failuresOf(broken)).toEqual(broken.fails);
  });
});

test('a TOME that does not state the expiry of its tokens breaks no rule, because the profile has their lifetime', async () => {
  const unstated = { what: 'states no expiry', base: 'uat', switches: { expiry: 'unstated' }, fails: [] } as const;
  expect(await failuresOf(unstated)).toEqual([]);
});

const withoutNamespace = (id: string): string => id.replace(/^ns[12]\./, '');

/** Shown by access.test.ts, because it needs a server with certificates. */
const BROKEN_ELSEWHERE = ['certificate-required'];

test('every rule is broken by a TOME of these tests', () => {
  const broken = new Set([...BROKEN_TOMES.flatMap(({ fails }) => fails.map(withoutNamespace)), ...BROKEN_ELSEWHERE]);
  const { checks, observations } = suiteOf({ rate: true });
  const rules = [...observations, ...checks].map(({ id }) => withoutNamespace(id));
  expect(rules.filter((id) => !broken.has(id))).toEqual([]);
});
