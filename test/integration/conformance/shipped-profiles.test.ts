import { afterEach, describe, expect, test } from 'vitest';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import type { SwitchChanges } from '../../../scripts/simulator/switches.ts';
import { profileNamed } from '../../support/tome-profiles.ts';
import { idsWith, type RunOptions, runConformance } from './conformance-run.ts';
import { pausedTime } from './paused-time.ts';

let simulator: Simulator;
afterEach(() => simulator.close());

async function runWith(name: string, switches: SwitchChanges, options: Partial<RunOptions> = {}) {
  const { clock, time } = pausedTime();
  simulator = await startSimulator({
    seed: 4,
    profile: profileNamed(name),
    switches: { latencyMs: 0, ...switches },
    time,
  });
  const { TOME_PROFILE: profile = '', TOME_URL: url = '', ...variables } = simulator.clientSettings;
  return runConformance({ url, profile, variables, dateMs: time.dateMs, clock, ...options });
}

describe.each(Object.keys(SHIPPED_PROFILES))('against the simulator with the profile %s', (name) => {
  test('no rule fails, and those that take a choice are the only ones that are not tried', async () => {
    const result = await runWith(name, {});
    expect(result.results.filter((one) => one.result === 'failed')).toEqual([]);
    const { authentication } = profileNamed(name);
    const untried = idsWith(result, 'not-tried').filter((id) => !id.endsWith('.given-up'));
    expect(untried.filter((id) => !id.endsWith('bulk-size'))).toEqual([
      ...(authentication.kind === 'none' ? ['credential-required', 'wrong-credential-refused'] : []),
      ...(authentication.kind === 'oauth2' ? [] : ['access-tokens-independent']),
      'access-token-expires',
      'certificate-required',
      'ns1.prefetch-size',
      'ns2.prefetch-size',
      'rate-limit',
      'rate-scope',
    ]);
    expect(result.isIncomplete).toBe(false);
  });

  test('no rule fails with the largest sizes and the rate limit, and all sizes are tried', async () => {
    const result = await runWith(name, {}, { tokens: 5_000, rate: true });
    expect(result.results.filter((one) => one.result === 'failed')).toEqual([]);
    expect(idsWith(result, 'passed')).toEqual(
      expect.arrayContaining(['ns1.prefetch-size', 'ns2.prefetch-size', 'rate-limit', 'rate-scope']),
    );
  });
});
