import { afterEach, describe, expect, test } from 'vitest';
import { parseProfileLines, readTomeProfile } from '../../../lambdas/tome/profile/read-profile.ts';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { draftAccess } from '../../../scripts/cli/probe/draft-access.ts';
import { probeTome } from '../../../scripts/cli/probe/probe-tome.ts';
import { profileWith } from '../../../scripts/cli/probe/written-profile.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import type { SimulatorTime } from '../../../scripts/simulator/simulator-time.ts';
import type { SwitchChanges } from '../../../scripts/simulator/switches.ts';
import { profileNamed } from '../../support/tome-profiles.ts';

let simulator: Simulator;
afterEach(() => simulator.close());

/** Milliseconds by which each look at the clock advances it. */
const LOOK_MS = 0.2;

/**
 * A clock for both the simulator and the probe that advances with each look. So the rate that the
 * probe measures does not depend on the speed of the machine.
 */
function lookedAtTime(): SimulatorTime {
  let nowMs = 1_000;
  const look = (): number => {
    nowMs += LOOK_MS;
    return nowMs;
  };
  return {
    monotonicMs: look,
    dateMs: () => Date.UTC(2026, 0, 1) + look(),
    after(_delayMs, work) {
      const timer = setImmediate(work);
      return () => clearImmediate(timer);
    },
  };
}

/** The profile with other values in every line that calls can show. */
function withoutKnowledge(written: WrittenProfile): WrittenProfile {
  const { namespaces } = written;
  const token = { alphabet: 'url-safe', shortest: 8, longest: 64 } as const;
  return {
    ...written,
    namespaces: { ns1: { ...namespaces.ns1, token }, ns2: { ...namespaces.ns2, token } },
    toldApart: written.toldApart === 'by-knowledge' ? 'by-form' : 'by-knowledge',
    answersShow: written.answersShow === 'item' ? 'request-id' : 'item',
    alreadyBound: written.alreadyBound === 'conflict' ? 'echo' : 'conflict',
    tokenLifetimeHours: 17,
    bulkItems: written.bulkItems === 500 ? null : 7,
    limits: { callsPerSecond: 9, scope: written.limits.scope === 'all' ? 'endpoint' : 'all', tokensPerPrefetch: 3 },
    unknown: ['bulkItems', 'limits.scope'],
  };
}

async function probed(written: WrittenProfile, switches: SwitchChanges, tokens: number, rate: boolean) {
  const read = parseProfileLines(written);
  if ('faults' in read) throw new Error(read.faults.join(', '));
  const time = lookedAtTime();
  simulator = await startSimulator({
    seed: 4,
    profile: profileNamed(written.name),
    switches: { latencyMs: 0, ...switches },
    time,
  });
  const { url } = simulator;
  const access = await draftAccess(written, url, { TOME_CREDENTIAL: simulator.clientSettings['TOME_CREDENTIAL'] });
  const { findings } = await probeTome({ url, draft: read.profile, access, serial: 7, tokens, rate, time });
  return profileWith(written, findings);
}

/**
 * Each simulator issues every token that its profile allows, because the probe concludes the form
 * from them.
 */
const REFERENCES: Readonly<Record<string, SwitchChanges['references']>> = { simulator: 'unrestricted' };

describe.each(Object.entries<WrittenProfile>(SHIPPED_PROFILES))('of a TOME with the profile %s', (name, shipped) => {
  const switches: SwitchChanges = { references: REFERENCES[name] ?? 'first-digit' };

  test('the probe learns every line that calls can show, from a draft with wrong ones', async () => {
    const written = await probed(withoutKnowledge(shipped), switches, 5_000, true);
    // Tokens can expire although no answer says so.
    expect(written.unknown).toEqual(shipped.tokenLifetimeHours === undefined ? ['tokenLifetimeHours'] : []);
    const { tokenLifetimeHours } = profileNamed(name);
    const answered = { ...written, tokenLifetimeHours, unknown: [] };
    expect(readTomeProfile(JSON.stringify(answered))).toEqual({ profile: profileNamed(name) });
    expect(written.tokenLifetimeHours).toBe(tokenLifetimeHours ?? 17);
  });

  test('the probe lists what it was not asked to measure, and nothing else keeps the profile from use', async () => {
    const written = await probed(withoutKnowledge(shipped), { ...switches, rateLimitScope: 'off' }, 200, false);
    const limits = ['limits.tokensPerPrefetch', 'limits.callsPerSecond', 'limits.scope'];
    const open = shipped.tokenLifetimeHours === undefined ? ['tokenLifetimeHours', ...limits] : limits;
    expect(written.unknown).toEqual(open);
    const { limits: _, tokenLifetimeHours: __, ...lines } = profileNamed(name);
    const answered = readTomeProfile(JSON.stringify({ ...written, unknown: [] }));
    expect(answered).toMatchObject({ profile: lines });
    const asked = readTomeProfile(JSON.stringify(written));
    expect(asked).toEqual({ faults: open.map((line) => expect.stringMatching(`^${line} is marked as unknown`)) });
  });
});

test('a TOME that repeats neither the id nor the item of a request leaves answersShow open', async () => {
  const shipped = SHIPPED_PROFILES['simulator'];
  const written = await probed(shipped, { rateLimitScope: 'off', answersShow: 'neither' }, 100, false);
  expect(written.unknown).toContain('answersShow');
});

test('answers without an expiry leave the lifetime of the draft in place and unknown', async () => {
  const draft = { ...SHIPPED_PROFILES['uat'], tokenLifetimeHours: 17 };
  const written = await probed(draft, { rateLimitScope: 'off', expiry: 'unstated' }, 100, false);
  expect(written.tokenLifetimeHours).toBe(17);
  expect(written.unknown).toContain('tokenLifetimeHours');
});

test('a line that calls cannot show stays unknown, and one that they show does not', async () => {
  const shipped = SHIPPED_PROFILES['uat'];
  const draft = { ...shipped, unknown: ['path', 'alreadyBound'] };
  const { unknown } = await probed(draft, { rateLimitScope: 'off' }, 100, false);
  expect(unknown).toContain('path');
  expect(unknown).not.toContain('alreadyBound');
});

test('too few tokens show no form', async () => {
  const shipped = SHIPPED_PROFILES['uat'];
  const { unknown } = await probed(shipped, { rateLimitScope: 'off' }, 20, false);
  expect(unknown).toEqual(expect.arrayContaining(['namespaces.ns1.token', 'namespaces.ns2.token', 'toldApart']));
});
