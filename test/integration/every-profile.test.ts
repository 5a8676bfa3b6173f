import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import type { BindingElsewhere } from '../../scripts/simulator/bindings-elsewhere.ts';
import type { LedgerSummary } from '../../scripts/simulator/ledger.ts';
import { cleanUp, newFolder, start, urlIn } from './started-stack.ts';

afterEach(cleanUp);

interface Received {
  readonly status: number;
  readonly text: string;
}

async function send(url: string, path: string, method: string, body?: object): Promise<Received> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, text: await response.text() };
}

const parsed = <Content>({ text }: Received): Content => JSON.parse(text) as Content;

/** The calls of an operation on a namespace, of callers who wait and of jobs together. */
const callsOf = ({ calls }: LedgerSummary, namespace: string, operation: string): number =>
  calls
    .filter((call) => call.namespace === namespace && call.operation === operation && call.outcome !== 'unauthorized')
    .reduce((sum, { count }) => sum + count, 0);

/** A TOME that no profile of the repository describes: addresses, signatures and other lengths. */
const UNSEEN: WrittenProfile = {
  name: 'unseen',
  namespaces: {
    ns1: {
      name: 'One',
      url: 'https://one.example/tome',
      token: { alphabet: 'digits', shortest: 16, longest: 19, forbiddenStarts: ['0'] },
    },
    ns2: {
      name: 'Two',
      url: 'https://two.example',
      token: { alphabet: 'digits', shortest: 16, longest: 16, forbiddenStarts: ['0', '3-5', '7'] },
    },
  },
  toldApart: 'by-knowledge',
  path: '/{operation}',
  authentication: { kind: 'sigv4', service: 'execute-api', region: 'eu-west-1' },
  clientCertificate: true,
  limits: { callsPerSecond: 250, scope: 'all', tokensPerPrefetch: 20 },
};

test.each([...Object.values(SHIPPED_PROFILES), UNSEEN])(
  'with the profile $name npm start creates, looks up and detokenizes with one call each, and shows no internal token',
  async (written) => {
    const DATA_DIR = newFolder();
    const file = join(DATA_DIR, 'tome.json');
    writeFileSync(file, JSON.stringify(written));
    const TOME_PROFILE = Object.hasOwn(SHIPPED_PROFILES, written.name) ? written.name : file;
    const stack = start({ TOME_PROFILE, DATA_DIR, TOME_PORT: '0' });
    const output = await stack.until('Ctrl-C stops everything.');
    const url = urlIn(output);
    expect(output).toContain('first prefetch: 30 of 30 pairs are ready');
    const texts: string[] = [];
    const post = async (path: string, body: object): Promise<Received> => {
      const received = await send(url, path, 'POST', body);
      texts.push(received.text);
      return received;
    };
    const ledger = async () => parsed<LedgerSummary>(await send(url, '/_local/tome/ledger', 'GET'));

    const cards = Array.from({ length: 5 }, (_, index) => madeUpCard(index + 1));
    const before = await ledger();
    const references: string[] = [];
    for (const cardNumber of cards) {
      const created = await post('/v1/cards', { cardNumber });
      expect(created.status).toBe(201);
      references.push(parsed<{ cardReferenceId: string }>(created).cardReferenceId);
    }
    expect(new Set(references.filter((reference) => /^[0-9]{16}$/.test(reference))).size).toBe(5);
    for (const [index, cardNumber] of cards.entries()) {
      const cardReferenceId = references[index];
      expect(parsed(await post('/v1/cards/lookup', { cardNumber }))).toEqual({ cardReferenceId });
      expect(parsed(await send(url, '/v1/references/detokenize', 'POST', { cardReferenceId }))).toEqual({ cardNumber });
    }
    const after = await ledger();
    for (const operation of ['tokenize', 'lookup', 'detokenize'])
      expect(callsOf(after, 'ns1', operation) - callsOf(before, 'ns1', operation)).toBe(5);
    expect(callsOf(after, 'ns2', 'lookup') + callsOf(after, 'ns2', 'detokenize')).toBe(0);
    expect(after.tokenRequests.length > 0).toBe(written.authentication?.kind === 'oauth2');

    // After all access tokens were revoked: a card of another producer, and a repeated creation.
    const [elsewhere] = parsed<BindingElsewhere[]>(
      await send(url, '/_local/tome/bindings', 'POST', { count: 1, references: 'usual' }),
    );
    await send(url, '/_local/tome/access-tokens', 'DELETE');
    for (const [cardNumber, cardReferenceId] of [
      [elsewhere?.source, elsewhere?.reference],
      [cards[0], references[0]],
    ]) {
      const repeated = await post('/v1/cards', { cardNumber });
      expect([repeated.status, parsed(repeated)]).toEqual([200, { cardReferenceId }]);
    }

    await send(url, '/_local/jobs/relay-events', 'POST');
    texts.push((await send(url, '/_local/events', 'GET')).text);
    const { url: tomeUrl } = parsed<{ url: string }>(await send(url, '/_local/tome', 'GET'));
    const issued = parsed<{ token: string }[]>(await send(tomeUrl, '/_control/issued?namespace=ns1', 'GET'));
    stack.child.kill('SIGINT');
    const ended = await stack.ended;
    expect(ended.code).toBe(0);
    const shown = `${ended.output}\n${texts.join('\n')}`;
    expect(shown).toContain(references[0]);
    expect(issued.length).toBeGreaterThanOrEqual(30);
    expect(issued.filter(({ token }) => shown.includes(token))).toEqual([]);
  },
);

test('npm start with the data directory of another profile ends with a sentence about it', async () => {
  const DATA_DIR = newFolder();
  const first = start({ TOME_PROFILE: 'uat', DATA_DIR });
  await first.until('Ctrl-C stops everything.');
  first.child.kill('SIGINT');
  await first.ended;
  const { code, output } = await start({ TOME_PROFILE: 'sixteen-digits', DATA_DIR }).ended;
  expect(code).toBe(1);
  expect(output).toMatch(/was written under the profile uat, and TOME_PROFILE is sixteen-digits\./);
  expect(output).not.toMatch(/\n\s+at /);
});

test('npm run demo compares both strategies under the profile uat, whose TOME does not get the lane', async () => {
  const demo = spawn(process.execPath, ['scripts/local/demo/demo.ts'], {
    env: { ...process.env, TOME_PROFILE: 'uat', DEMO_CARDS: '20', PORT: '1', VITEST: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const [code] = await once(demo, 'close');
  expect([code, output]).toEqual([
    0,
    expect.stringContaining('live TOME calls: 60 with the pool, 120 with the dual-call'),
  ]);
  expect(output).toContain('This TOME does not get the lane');
});
