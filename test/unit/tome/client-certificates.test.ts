import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import type { Authentication } from '../../../lambdas/tome/client/authentication/authentication.ts';
import { createAuthentication } from '../../../lambdas/tome/client/authentication/create-authentication.ts';
import { type ClientCertificate, withPublicAuthorities } from '../../../lambdas/tome/client/client-certificate.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { type LoopbackServer, startLoopbackServer } from '../../../scripts/program/loopback/loopback-server.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { createAuthority, createCertificate } from '../../support/test-certificates.ts';
import { simulatorProfile, simulatorProfileWith } from '../../support/tome-profiles.ts';

const card = CardNumber.parse(madeUpCard(1));
const ours = 'internal-token-number-one' as InternalToken;

/** Signs the certificates of the bank: of the client, and of the servers that it runs itself. */
const bank = createAuthority('bank');
/** Stands for the authorities that every client knows. */
const everyones = createAuthority('everyones');
const certificate: ClientCertificate = { ...createCertificate('client', bank), authority: bank.certificate };

const knownAtStart = getCACertificates('default');
const running: LoopbackServer[] = [];
let paths: string[];

beforeEach(() => {
  paths = [];
});

afterEach(async () => {
  setDefaultCACertificates(knownAtStart);
  await Promise.all(running.splice(0).map((server) => server.close(0)));
});

/** A server that connects only clients with a certificate of the bank, and answers each request. */
async function start(authority = bank): Promise<string> {
  const server = await startLoopbackServer({
    port: 0,
    maxBodyBytes: 10_000,
    certificates: { ...createCertificate('server', authority), clientAuthority: bank.certificate },
    async serve({ path, headers }, response) {
      paths.push(path);
      const isToken = path.endsWith('/oauth2/token');
      const content = isToken ? { access_token: 'token', token_type: 'Bearer' } : { error: 'not-found' };
      response
        .writeHead(isToken ? 200 : 404, { 'x-request-id': String(headers['x-request-id']) })
        .end(JSON.stringify(content));
    },
  });
  running.push(server);
  return server.url;
}

const live = (): TomeCall => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  lane: 'live',
  correlationId: 'test',
});

test('the certificate is shown to the servers of both namespaces', async () => {
  const [first, second] = [await start(), await start()];
  const profile = simulatorProfileWith({
    clientCertificate: true,
    namespaces: {
      ns1: { name: 'ns1', token: { alphabet: 'url-safe', shortest: 20, longest: 64 } },
      ns2: { name: 'ns2', url: second, token: { alphabet: 'digits', shortest: 16, longest: 16 } },
    },
  });
  const tome = plainTome(first, profile, { certificate });
  expect(await tome.ns1.lookup(card, live())).toBeNull();
  expect(await tome.ns2.lookup(ours, live())).toBeNull();
  expect(paths).toEqual(['/v1/namespaces/ns1/lookup', '/v1/namespaces/ns2/lookup']);
});

/** The outcome of one token request at this address. */
async function tokenRequestAt(tokenUrl: string, baseUrl: string): Promise<string> {
  const outcome = Promise.withResolvers<string>();
  const authentication: Authentication = createAuthentication({
    profile: { ...simulatorProfile, authentication: { kind: 'oauth2', tokenUrl, sendsCredentialIn: 'body' } },
    baseUrl,
    certificate,
    credential: {
      text: JSON.stringify({ clientId: 'card', clientSecret: 'secret' }),
      read: async () => '',
      onUnreadable: outcome.reject,
    },
    signingCredentials: () => {
      throw new Error('This test signs nothing.');
    },
    time: new FakeTime(),
    random: () => 0.5,
    onTokenRequest: (request) => outcome.resolve(request.outcome),
  });
  authentication.start();
  return outcome.promise;
}

test('the certificate is shown to a token endpoint below the address of NS1', async () => {
  expect(await tokenRequestAt('/oauth2/token', `${await start()}/tome`)).toBe('ok');
  expect(paths).toEqual(['/tome/oauth2/token']);
});

test("the certificate is shown to a token endpoint at another address, which can have the bank's authority", async () => {
  expect(await tokenRequestAt(`${await start()}/oauth2/token`, 'https://127.0.0.1:1')).toBe('ok');
});

test('only a token endpoint at another address can have a certificate of a public authority', async () => {
  setDefaultCACertificates([everyones.certificate]);
  const url = await start(everyones);
  expect(await tokenRequestAt(`${url}/oauth2/token`, 'https://127.0.0.1:1')).toBe('ok');
  expect(await tokenRequestAt('/oauth2/token', url)).toBe('no-answer');
  expect(paths).toEqual(['/oauth2/token']);
});

test('a certificate without an authority of its own stays as it is, because the public ones are the default', () => {
  const { authority: _, ...plain } = certificate;
  expect(withPublicAuthorities(plain)).toEqual(plain);
});
