import { request as send } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { createAuthority, createCertificate } from '../../support/test-certificates.ts';
import { profileNamed, profileText, simulatorProfileWith } from '../../support/tome-profiles.ts';
import { idsWith, runConformance } from './conformance-run.ts';
import { pausedTime } from './paused-time.ts';

let simulator: Simulator;
const closings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closings.splice(0)) await close();
  vi.unstubAllEnvs();
});

async function start(
  profile: TomeProfile,
  options: Omit<SimulatorOptions, 'profile' | 'time'> = {},
  dateMs?: () => number,
) {
  const paused = pausedTime();
  const { clock } = paused;
  const time = { ...paused.time, ...(dateMs === undefined ? {} : { dateMs }) };
  simulator = await startSimulator({ seed: 4, profile, switches: { latencyMs: 0 }, time, ...options });
  closings.push(() => simulator.close());
  const { TOME_PROFILE, TOME_URL, ...variables } = simulator.clientSettings;
  return { profile: TOME_PROFILE ?? '', url: TOME_URL ?? '', variables, clock, dateMs: time.dateMs };
}

test('an access token that expires is refused, and the suite goes on with another one', async () => {
  const result = await runConformance({ ...(await start(profileNamed('sixteen-digits'))), waitSeconds: 4_000 });
  expect(idsWith(result, 'failed')).toEqual([]);
  expect(idsWith(result, 'passed')).toContain('access-token-expires');
});

test('an access token that is valid for longer than the suite may wait is no failure', async () => {
  const result = await runConformance({ ...(await start(profileNamed('sixteen-digits'))), waitSeconds: 60 });
  expect(idsWith(result, 'failed')).toEqual([]);
  expect(idsWith(result, 'not-tried')).toContain('access-token-expires');
});

test.each(['uat', 'sixteen-digits'])(
  'with a wrong credential for the profile %s only that is reported, and few calls are made',
  async (name) => {
    const settings = await start(profileNamed(name));
    const wrong =
      name === 'uat' ? 'another-key' : JSON.stringify({ clientId: 'local-client', clientSecret: 'another' });
    const result = await runConformance({ ...settings, variables: { TOME_CREDENTIAL: wrong } });
    expect(idsWith(result, 'failed')).toEqual(['credential-accepted']);
    expect(idsWith(result, 'passed')).toEqual([]);
    expect(simulator.ledger.calls().length).toBeLessThan(3);
  },
);

test('a TOME behind Signature Version 4 is tested with the keys of the environment', async () => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example-key');
  const profile = simulatorProfileWith({
    authentication: { kind: 'sigv4', service: 'execute-api', region: 'eu-west-1' },
  });
  const signingKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-key' };
  // A signature has the date of the process.
  const result = await runConformance(await start(profile, { signingKeys }, Date.now));
  expect(idsWith(result, 'failed')).toEqual([]);
  expect(idsWith(result, 'passed')).toEqual(
    expect.arrayContaining(['credential-accepted', 'credential-required', 'wrong-credential-refused']),
  );
});

describe('with mutual TLS', () => {
  const authority = createAuthority('authority');
  const TOME_CLIENT_CERTIFICATE = JSON.stringify({
    ...createCertificate('client', authority),
    authority: authority.certificate,
  });

  test('a TOME that asks for a client certificate passes', async () => {
    const settings = await start(simulatorProfileWith({ clientCertificate: true }), {
      certificates: { ...createCertificate('tome', authority), clientAuthority: authority.certificate },
    });
    const result = await runConformance({ ...settings, variables: { TOME_CLIENT_CERTIFICATE } });
    expect(idsWith(result, 'failed')).toEqual([]);
    expect(idsWith(result, 'passed')).toContain('certificate-required');
  });

  test('a TOME that connects callers without a client certificate fails', async () => {
    const settings = await start(profileNamed('simulator'));
    const { certificate, privateKey } = createCertificate('tome', authority);
    const front = createServer({ cert: certificate, key: privateKey }, (asked, answered) => {
      const upstream = send(`${settings.url}${asked.url}`, { method: 'POST', headers: asked.headers }, (response) => {
        answered.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(answered);
      });
      asked.pipe(upstream);
    });
    await new Promise<void>((resolve) => {
      front.listen(0, '127.0.0.1', resolve);
    });
    closings.push(async () => {
      front.closeAllConnections();
      front.close();
    });
    const result = await runConformance({
      ...settings,
      url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`,
      profile: profileText({ clientCertificate: true }),
      variables: { TOME_CLIENT_CERTIFICATE },
    });
    expect(idsWith(result, 'failed')).toEqual(['certificate-required']);
  });
});
