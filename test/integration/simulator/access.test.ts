import { request } from 'node:https';
import { AwsClient } from 'aws4fetch';
import { afterEach, describe, expect, test } from 'vitest';
import { pathOf } from '../../../lambdas/tome/profile/path-of.ts';
import { parseTomeProfile } from '../../../lambdas/tome/profile/read-profile.ts';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import type { TomeProfile, WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { FaultOrder } from '../../../scripts/simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { simulatorTimeOf } from '../../support/simulator-time.ts';
import { createAuthority, createCertificate, type TestCertificate } from '../../support/test-certificates.ts';
import { profileNamed } from '../../support/tome-profiles.ts';
import { callSimulator } from './call-simulator.ts';

const running: Simulator[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function start(profile: TomeProfile, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    profile,
    ...options,
    switches: { latencyMs: 0, rateLimitScope: 'off', ...options.switches },
  });
  running.push(simulator);
  return simulator;
}

/** The profile `simulator` with another authentication. */
function withAuthentication(authentication: NonNullable<WrittenProfile['authentication']>): TomeProfile {
  const read = parseTomeProfile({ ...SHIPPED_PROFILES['simulator'], authentication });
  if ('faults' in read) throw new Error(read.faults.join(', '));
  return read.profile;
}

const lookUp = (simulator: Simulator, profile: TomeProfile, headers: Readonly<Record<string, string>> = {}) =>
  callSimulator(simulator, profile, 'ns1', 'lookup', { source: 'a' }, headers);

/** The status of a creation, and whether it had an effect. */
async function tokenize(simulator: Simulator, profile: TomeProfile, headers: Readonly<Record<string, string>>) {
  const { status } = await callSimulator(simulator, profile, 'ns1', 'tokenize', { source: 'a' }, headers);
  return [status, simulator.vaults.ns1.bindingCount] as const;
}

describe('a simulator whose profile asks for a header', () => {
  test('refuses a missing and a wrong credential without an effect, and accepts the right one', async () => {
    const profile = withAuthentication({ kind: 'header', header: 'authorization', prefix: 'ApiKey ' });
    const simulator = await start(profile, { credential: 'the-key' });
    const refused = await lookUp(simulator, profile);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'ApiKey']);
    expect(await tokenize(simulator, profile, { authorization: 'the-key' })).toEqual([401, 0]);
    expect(await tokenize(simulator, profile, { authorization: 'ApiKey the-key' })).toEqual([200, 1]);
    expect(simulator.ledger.calls().map(({ outcome }) => outcome)).toEqual(['unauthorized', 'unauthorized', 'bound']);
  });

  test('makes a credential up for its client, another one at each start, and asks for none when a switch says so', async () => {
    const profile = profileNamed('uat');
    const [one, other] = [await start(profile), await start(profile)];
    const credential = one.clientSettings['TOME_CREDENTIAL'] ?? '';
    expect(credential.length).toBeGreaterThan(20);
    expect(other.clientSettings['TOME_CREDENTIAL']).not.toBe(credential);
    expect((await lookUp(one, profile, { 'x-api-key': credential })).status).toBe(404);
    expect((await lookUp(other, profile, { 'x-api-key': credential })).status).toBe(401);
    other.turn({ authentication: 'off' });
    expect((await lookUp(other, profile)).status).toBe(404);
  });
});

const CLIENT = { clientId: 'the client', clientSecret: 'a secret: with + and %' };

describe('a simulator whose profile asks for an access token', () => {
  const profile = profileNamed('sixteen-digits');
  const credential = JSON.stringify(CLIENT);
  const encoded = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length);
  const basic = (id: string, secret: string): string =>
    `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`;

  const askForToken = (
    { url }: Simulator,
    form: Readonly<Record<string, string>> = { grant_type: 'client_credentials', scope: 'tome.tokens' },
    authorization = basic(CLIENT.clientId, CLIENT.clientSecret),
  ) => fetch(`${url}/oauth2/token`, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });

  async function tokenOf(simulator: Simulator): Promise<{ authorization: string; seconds: number }> {
    const answer = (await (await askForToken(simulator)).json()) as { access_token: string; expires_in: number };
    return { authorization: `Bearer ${answer.access_token}`, seconds: answer.expires_in };
  }

  test('gives one for the credential, and calls without, with an unknown and with a revoked one have no effect', async () => {
    const simulator = await start(profile, { credential });
    const missing = await lookUp(simulator, profile);
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const unknown = await lookUp(simulator, profile, { authorization: 'Bearer unknown' });
    expect(unknown.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    const { authorization } = await tokenOf(simulator);
    expect((await lookUp(simulator, profile, { authorization })).status).toBe(404);
    await fetch(`${simulator.url}/_control/access-tokens`, { method: 'DELETE' });
    expect(await tokenize(simulator, profile, { authorization })).toEqual([401, 0]);
    const renewed = await tokenOf(simulator);
    expect(await tokenize(simulator, profile, { authorization: renewed.authorization })).toEqual([200, 1]);
  });

  test('refuses one after the seconds of a switch', async () => {
    const clock = new FakeClock();
    const simulator = await start(profile, {
      credential,
      time: simulatorTimeOf(clock),
      switches: { accessTokenSeconds: 60 },
    });
    const { authorization, seconds } = await tokenOf(simulator);
    expect(seconds).toBe(60);
    await clock.advance(59_999);
    expect((await lookUp(simulator, profile, { authorization })).status).toBe(404);
    await clock.advance(1);
    expect((await lookUp(simulator, profile, { authorization })).status).toBe(401);
  });

  test.each([
    ['a wrong secret', {}, basic(CLIENT.clientId, 'wrong'), 401, 'invalid_client'],
    ['no credential', {}, '', 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, undefined, 400, 'unsupported_grant_type'],
    ['another scope', { scope: 'everything' }, undefined, 400, 'invalid_scope'],
    ['an audience', { audience: 'tome' }, undefined, 400, 'invalid_target'],
  ])('gives none for %s', async (_what, form, authorization, status, error) => {
    const simulator = await start(profile, { credential });
    const answer = await askForToken(
      simulator,
      { grant_type: 'client_credentials', scope: 'tome.tokens', ...form } as Record<string, string>,
      authorization,
    );
    expect([answer.status, await answer.json()]).toEqual([status, { error }]);
    expect(simulator.ledgerSummary().tokenRequests).toEqual([{ outcome: error, count: 1 }]);
  });

  test('takes the credential from the body when the profile says so', async () => {
    const inBody = withAuthentication({ kind: 'oauth2', tokenUrl: '/token', sendsCredentialIn: 'body' });
    const simulator = await start(inBody, { credential });
    const ask = (form: Record<string, string>) =>
      fetch(`${simulator.url}/token`, { method: 'POST', body: new URLSearchParams(form) });
    const form = { grant_type: 'client_credentials', client_id: CLIENT.clientId };
    expect((await ask({ ...form, client_secret: CLIENT.clientSecret })).status).toBe(200);
    expect((await ask({ ...form, client_secret: 'wrong' })).status).toBe(401);
  });

  test('counts requests for access tokens apart from the calls of TOME', async () => {
    const simulator = await start(profile, { credential });
    await tokenOf(simulator);
    await tokenOf(simulator);
    expect(simulator.ledgerSummary()).toMatchObject({ calls: [], tokenRequests: [{ outcome: 'issued', count: 2 }] });
    expect(simulator.ledger.calls()).toEqual([]);
  });

  test('lets the token endpoint fail in each of its ways, and then gives a token again', async () => {
    const simulator = await start(profile, { credential });
    const answerWith = async (kind: FaultOrder['kind']) => {
      simulator.faults.order({ operation: 'access-token', kind, count: 1, delayMs: 1 });
      const answer = await askForToken(simulator).catch(() => null);
      return answer === null
        ? null
        : { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
    };
    expect(await answerWith('error-before')).toMatchObject({ status: 503 });
    expect(await answerWith('rate-limited')).toMatchObject({ status: 429 });
    expect(await answerWith('gateway-page')).toMatchObject({ status: 404, type: 'text/html' });
    expect(await answerWith('access-denied')).toMatchObject({ status: 403, type: 'text/html' });
    expect(await answerWith('reset-before')).toBeNull();
    expect(await answerWith('wrong-json')).toMatchObject({ status: 200, text: '{"token_type":"Bearer"}' });
    expect((await answerWith('truncated'))?.text).toMatch(/^\{"access_token":"[^}]*$/);
    expect(JSON.parse((await answerWith('short-lived'))?.text ?? '')).toMatchObject({ expires_in: 1 });
    expect(JSON.parse((await answerWith('slow'))?.text ?? '')).toMatchObject({ expires_in: 3_600 });
    expect((await tokenOf(simulator)).seconds).toBe(3_600);
    const outcomes = simulator.ledgerSummary().tokenRequests.map(({ outcome }) => outcome);
    expect(outcomes).toContain('wrong-json');
  });

  test('refuses a fault of the token endpoint for an operation of TOME, and the other way round', async () => {
    const simulator = await start(profile, { credential });
    const order = (fault: FaultOrder) =>
      fetch(`${simulator.url}/_control/faults`, { method: 'POST', body: JSON.stringify(fault) });
    for (const fault of [
      { operation: 'lookup', kind: 'wrong-json', count: 1 },
      { operation: 'access-token', kind: 'odd-item', count: 1 },
      { operation: 'access-token', namespace: 'ns1', kind: 'slow', count: 1 },
    ] as const) {
      const refused = await order(fault);
      expect([refused.status, await refused.text()]).toEqual([
        400,
        expect.stringContaining('does not have this fault'),
      ]);
    }
  });

  test('does not start with a credential that is not a client id and secret, and does not repeat it', async () => {
    const started = startSimulator({ profile, credential: 'just-a-key' });
    await expect(started).rejects.toThrow('The credential must be JSON with clientId and clientSecret.');
  });
});

describe('a simulator whose profile asks for a signature', () => {
  const profile = withAuthentication({ kind: 'sigv4', service: 'execute-api', region: 'eu-west-1' });
  const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the secret key' };
  const body = JSON.stringify({ source: 'a' });

  async function signedLookup(simulator: Simulator, keys = KEYS, changes: { body?: string; datetime?: string } = {}) {
    const { datetime } = changes;
    const client = new AwsClient({ ...keys, service: 'execute-api', region: 'eu-west-1', retries: 0 });
    const signed = await client.sign(`${simulator.url}${pathOf(profile, 'ns1', 'lookup')}`, {
      method: 'POST',
      body,
      ...(datetime === undefined ? {} : { aws: { datetime } }),
    });
    const headers = Object.fromEntries(signed.headers);
    const answer = await fetch(signed.url, { method: 'POST', headers, body: changes.body ?? body });
    return answer.status;
  }

  test('accepts a valid one, and refuses another key, another secret, another body, an old date and none', async () => {
    const simulator = await start(profile, { signingKeys: KEYS });
    expect(await signedLookup(simulator)).toBe(404);
    expect(await signedLookup(simulator, { ...KEYS, accessKeyId: 'AKIDOTHER' })).toBe(403);
    expect(await signedLookup(simulator, { ...KEYS, secretAccessKey: 'another' })).toBe(403);
    expect(await signedLookup(simulator, KEYS, { body: '{"source":"b"}' })).toBe(403);
    expect(await signedLookup(simulator, KEYS, { datetime: '20200101T000000Z' })).toBe(403);
    expect((await lookUp(simulator, profile)).status).toBe(403);
  });
});

describe('a simulator with certificates', () => {
  const authority = createAuthority('authority');

  function statusOf(simulator: Simulator, client: TestCertificate | null): Promise<number | 'refused'> {
    return new Promise((resolve) => {
      const sent = request(
        `${simulator.url}/v1/namespaces/ns1/lookup`,
        { method: 'POST', ca: authority.certificate, cert: client?.certificate, key: client?.privateKey },
        (answer) => {
          answer.resume();
          answer.once('end', () => resolve(answer.statusCode ?? 0));
        },
      );
      sent.once('error', () => resolve('refused'));
      sent.end('{"source":"a"}');
    });
  }

  test('serves HTTPS to a client with a certificate of the authority, and to no other client', async () => {
    const { certificate, privateKey } = createCertificate('tome', authority);
    const simulator = await start(profileNamed('simulator'), {
      certificates: { certificate, privateKey, clientAuthority: authority.certificate },
    });
    expect(simulator.url).toMatch(/^https:/);
    expect(await statusOf(simulator, createCertificate('client', authority))).toBe(404);
    expect(await statusOf(simulator, createCertificate('client', createAuthority('another')))).toBe('refused');
    expect(await statusOf(simulator, null)).toBe('refused');
    expect(simulator.ledger.calls()).toHaveLength(1);
  });
});
