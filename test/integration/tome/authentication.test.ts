import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { composeTome } from '../../../lambdas/composition/tome.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { createAuthority, createCertificate } from '../../support/test-certificates.ts';
import { profileNamed, profileText, simulatorProfileWith } from '../../support/tome-profiles.ts';
import { type SecretsManager, secret, startSecretsManager } from '../../unit/runtime/secret-server.ts';

const card = CardNumber.parse(madeUpCard(1));
const running: Simulator[] = [];

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example-key');
  vi.stubEnv('AWS_SESSION_TOKEN', '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function start(profile: TomeProfile, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ profile, ...options, switches: { latencyMs: 0, rateLimitScope: 'off' } });
  running.push(simulator);
  return simulator;
}

/** The client of a function with these settings. */
const tomeWith = (variables: Readonly<Record<string, string>>): Promise<Tome> =>
  composeTome(readSettings(['domain', 'tome'], { TOME_ATTEMPT_TIMEOUT_MS: '29000', ...variables }));

const issuedTokens = (simulator: Simulator): number | undefined =>
  simulator.ledgerSummary().tokenRequests.find(({ outcome }) => outcome === 'issued')?.count;

const live = (): TomeCall => ({ deadlineMs: performance.now() + 600_000, lane: 'live', correlationId: 'test' });

/** Creates a pair, and asks for it in every way. */
async function useEveryOperation(tome: Tome): Promise<void> {
  const { tokens: internal } = await tome.ns1.prefetch(1, live());
  const { tokens: references } = await tome.ns2.prefetch(1, live());
  const [internalToken, cardReference] = [internal[0]?.token, references[0]?.token];
  if (internalToken === undefined || cardReference === undefined) throw new Error('TOME must give one token each.');
  await tome.ns2.tokenize(internalToken, cardReference, live());
  await tome.ns1.tokenize(card, internalToken, live());
  expect(await tome.ns1.lookup(card, live())).toBe(internalToken);
  expect(await tome.ns2.lookup(internalToken, live())).toBe(cardReference);
  expect(await tome.ns2.detokenize(cardReference, live())).toBe(internalToken);
  expect((await tome.ns1.detokenize(internalToken, live()))?.reveal()).toBe(card.reveal());
}

test.each(['simulator', 'uat', 'sixteen-digits'])(
  'a function reaches every operation of a TOME with the profile %s',
  async (name) => {
    const simulator = await start(profileNamed(name));
    await useEveryOperation(await tomeWith(simulator.clientSettings));
  },
);

describe('with OAuth 2.0', () => {
  const profile = profileNamed('sixteen-digits');

  test('a function requests one token for all its calls, at start', async () => {
    const simulator = await start(profile);
    const tome = await tomeWith(simulator.clientSettings);
    await vi.waitFor(() => expect(issuedTokens(simulator)).toBe(1), { timeout: 60_000 });
    await useEveryOperation(tome);
    expect(issuedTokens(simulator)).toBe(1);
  });

  test('calls succeed after TOME has forgotten all tokens', async () => {
    const simulator = await start(profile);
    const tome = await tomeWith(simulator.clientSettings);
    expect(await tome.ns1.lookup(card, live())).toBeNull();
    simulator.revokeAccessTokens();
    expect(await Promise.all(Array.from({ length: 5 }, () => tome.ns1.lookup(card, live())))).toEqual(
      Array.from({ length: 5 }, () => null),
    );
    expect(issuedTokens(simulator)).toBe(2);
  });

  test.each(['error-before', 'reset-before', 'gateway-page', 'access-denied', 'truncated', 'wrong-json'] as const)(
    'a function starts although the token endpoint answers with %s, and calls succeed when it is back',
    async (kind) => {
      const simulator = await start(profile);
      simulator.faults.order({ operation: 'access-token', kind, count: 1 });
      const tome = await tomeWith(simulator.clientSettings);
      expect(await tome.ns1.lookup(card, live())).toBeNull();
      expect(issuedTokens(simulator)).toBe(1);
    },
  );
});

describe('with Signature Version 4', () => {
  const profile = simulatorProfileWith({
    authentication: { kind: 'sigv4', service: 'execute-api', region: 'eu-west-1' },
  });
  const signingKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-key' };

  test('the calls of a function are signed with the credentials of its role', async () => {
    const simulator = await start(profile, { signingKeys });
    await useEveryOperation(await tomeWith(simulator.clientSettings));
  });

  test('a wrong signature is refused, and the call is not repeated', async () => {
    const simulator = await start(profile, { signingKeys: { ...signingKeys, secretAccessKey: 'another' } });
    const tome = await tomeWith(simulator.clientSettings);
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject({ code: 'tome-access-denied', attempts: 1 });
  });

  test('a function without AWS credentials does not start', async () => {
    const simulator = await start(profile, { signingKeys });
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    await expect(tomeWith(simulator.clientSettings)).rejects.toThrow('AWS_ACCESS_KEY_ID');
  });
});

describe('with mutual TLS', () => {
  const authority = createAuthority('authority');
  const profile = simulatorProfileWith({ clientCertificate: true });
  const startWithCertificates = (): Promise<Simulator> =>
    start(profile, {
      certificates: { ...createCertificate('tome', authority), clientAuthority: authority.certificate },
    });
  const certificateOf = ({ certificate, privateKey }: ReturnType<typeof createCertificate>): string =>
    JSON.stringify({ certificate, privateKey, authority: authority.certificate });

  test('a function shows its certificate, and trusts the authority of the server', async () => {
    const simulator = await startWithCertificates();
    const TOME_CLIENT_CERTIFICATE = certificateOf(createCertificate('client', authority));
    await useEveryOperation(await tomeWith({ ...simulator.clientSettings, TOME_CLIENT_CERTIFICATE }));
  });

  test('a certificate of another authority is refused, and no call has an effect', async () => {
    const simulator = await startWithCertificates();
    const TOME_CLIENT_CERTIFICATE = certificateOf(createCertificate('client', createAuthority('another')));
    const tome = await tomeWith({ ...simulator.clientSettings, TOME_CLIENT_CERTIFICATE });
    await expect(tome.ns1.tokenize(card, null, live())).rejects.toMatchObject({ retryable: true });
    expect(simulator.vaults.ns1.bindingCount).toBe(0);
  });
});

describe('secrets of Secrets Manager', () => {
  let manager: SecretsManager;

  beforeEach(async () => {
    manager = await startSecretsManager();
    vi.stubEnv('AWS_ENDPOINT_URL', manager.url);
  });

  afterEach(() => manager.close());

  /** The settings of a deployed function: the id of the secret and not its text. */
  const deployed = ({ clientSettings }: Simulator) => ({
    ...clientSettings,
    TOME_CREDENTIAL: '',
    TOME_CREDENTIAL_SECRET_ID: 'card/tome',
  });

  test('a function reads its credential at start', async () => {
    const simulator = await start(profileNamed('uat'), { credential: 'the-key' });
    manager.answer = secret('the-key');
    expect(await (await tomeWith(deployed(simulator))).ns1.lookup(card, live())).toBeNull();
    expect(manager.requests.map(({ body }) => body)).toEqual(['{"SecretId":"card/tome"}']);
  });

  test.each([
    ['uat', 'hunter2\n', 'The secret card/tome must be printable ASCII characters without spaces'],
    ['sixteen-digits', '{"clientId":"hunter2"}', 'The secret card/tome must be JSON with the texts clientId'],
    ['sixteen-digits', 'hunter2', 'The secret card/tome must be JSON with the texts clientId'],
  ])(
    'a function with the profile %s does not start with another credential, and its error does not quote it',
    async (name, text, message) => {
      const simulator = await start(profileNamed(name));
      manager.answer = secret(text);
      const failure: unknown = await tomeWith(deployed(simulator)).catch((error: unknown) => error);
      expect(String(failure)).toContain(message);
      expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('hunter2');
    },
  );

  test('a function does not start with a certificate that is none', async () => {
    manager.answer = secret('{"certificate":"hunter2","privateKey":"hunter2"}');
    const failure: unknown = await tomeWith({
      TOME_URL: 'https://127.0.0.1:1',
      TOME_PROFILE: profileText({ clientCertificate: true }),
      TOME_CLIENT_CERTIFICATE_SECRET_ID: 'card/tome-certificate',
    }).catch((error: unknown) => error);
    expect(String(failure)).toContain('The secret card/tome-certificate must be JSON with certificate');
    expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('hunter2');
  });
});
