import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { simulatorProfile, simulatorProfileWith } from '../../support/tome-profiles.ts';
import { type Act, type ScriptedTome, startScriptedTome } from './scripted-tome.ts';

const card = CardNumber.parse(madeUpCard(1));
const ours = 'internal-token-number-one' as InternalToken;

const simulatorTokens = {
  ns1: { alphabet: 'url-safe', shortest: 20, longest: 64 },
  ns2: { alphabet: 'digits', shortest: 16, longest: 16 },
} as const;

let first: ScriptedTome;
let second: ScriptedTome;

beforeEach(async () => {
  [first, second] = await Promise.all([startScriptedTome(), startScriptedTome()]);
});

afterEach(() => Promise.all([first.close(), second.close()]));

const tomeOf = (profile: TomeProfile): Tome => plainTome(first.url, profile);

const live = (): TomeCall => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  lane: 'live',
  correlationId: 'correlation-1',
});

const notFound =
  (idHeader: string): Act =>
  (response, { headers }) => {
    response.writeHead(404, { [idHeader]: String(headers[idHeader]) }).end(JSON.stringify({ error: 'not-found' }));
  };

test('the client sends the headers of the contract under their default names', async () => {
  first.script(notFound('x-request-id'));
  await tomeOf(simulatorProfile).ns1.lookup(card, live());
  expect(first.headers[0]).toMatchObject({ 'x-correlation-id': 'correlation-1', 'x-lane': 'live' });
});

test('paths, operation words, namespace names and header names are those of the profile', async () => {
  first.script(notFound('x-message-id'));
  const tome = tomeOf(
    simulatorProfileWith({
      namespaces: {
        ns1: { name: 'Inside', token: simulatorTokens.ns1 },
        ns2: { name: 'Outside', token: simulatorTokens.ns2 },
      },
      path: '/tome/v2/{operation}/{namespace}',
      operations: { ...simulatorProfile.operations, lookup: 'find' },
      headers: { requestId: 'x-message-id', correlationId: 'x-trace-id', lane: null },
    }),
  );
  expect(await tome.ns1.lookup(card, live())).toBeNull();
  expect(await tome.ns2.lookup(ours, live())).toBeNull();
  expect(first.paths).toEqual(['/tome/v2/find/Inside', '/tome/v2/find/Outside']);
  expect(first.headers[0]).toMatchObject({ 'x-trace-id': 'correlation-1' });
  expect(Object.keys(first.headers[0] ?? {})).not.toContain('x-lane');
});

test('each namespace is called at its own URL, and the other one at TOME_URL', async () => {
  first.script(notFound('x-request-id'));
  second.script(notFound('x-request-id'));
  const tome = tomeOf(
    simulatorProfileWith({
      namespaces: {
        ns1: { name: 'ns1', token: simulatorTokens.ns1 },
        ns2: { name: 'ns2', url: `${second.url}/outside/`, token: simulatorTokens.ns2 },
      },
    }),
  );
  await tome.ns1.lookup(card, live());
  await tome.ns2.lookup(ours, live());
  expect([first.paths, second.paths]).toEqual([['/v1/namespaces/ns1/lookup'], ['/outside/v1/namespaces/ns2/lookup']]);
});
