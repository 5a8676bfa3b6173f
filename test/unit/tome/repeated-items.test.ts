import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { simulatorProfileWith } from '../../support/tome-profiles.ts';
import { type Act, type ScriptedTome, startScriptedTome } from './scripted-tome.ts';

const card = CardNumber.parse(madeUpCard(1));
const another = madeUpCard(2);
const ours = 'internal-token-number-one' as InternalToken;
const theirs = 'internal-token-number-two' as InternalToken;
const reference = '9100000000000009' as CardReference;

let server: ScriptedTome;

beforeEach(async () => {
  server = await startScriptedTome();
});

afterEach(() => server.close());

/** A client of a TOME that repeats the item, and no id. */
const tomeThatRepeatsItems = (): Tome => plainTome(server.url, simulatorProfileWith({ answersShow: 'item' }));

const live = (): TomeCall => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  lane: 'live',
  correlationId: 'test',
});

/** An answer without the request's id. */
const sends =
  (status: number, content: unknown): Act =>
  (response) => {
    response.writeHead(status).end(typeof content === 'string' ? content : JSON.stringify(content));
  };

const anotherRequest = { code: 'tome-answer-invalid', message: "TOME's answer is the answer to another request." };

type Ask = (tome: Tome) => Promise<unknown>;
const tokenize: Ask = (tome) => tome.ns1.tokenize(card, ours, live());
const lookup: Ask = (tome) => tome.ns1.lookup(card, live());
const detokenize: Ask = (tome) => tome.ns2.detokenize(reference, live());

describe('with a TOME that repeats the item of a request', () => {
  test.each<[string, Ask, object, unknown]>([
    [
      'tokenize',
      tokenize,
      { token: ours, isNew: true, source: card.reveal() },
      { token: ours, isNew: true, attempts: 1 },
    ],
    ['lookup', lookup, { token: ours, source: card.reveal() }, ours],
    ['detokenize', detokenize, { source: ours, token: reference }, ours],
  ])('the answer to %s is accepted without the id of the request', async (_name, ask, content, answer) => {
    server.script(sends(200, content));
    expect(await ask(tomeThatRepeatsItems())).toEqual(answer);
  });

  test.each<[string, Ask, object]>([
    ['tokenize of another source', tokenize, { token: ours, isNew: true, source: another }],
    ['tokenize without a source', tokenize, { token: ours, isNew: true }],
    ['tokenize with a number as source', tokenize, { token: ours, isNew: true, source: Number(card.reveal()) }],
    ['lookup of another source', lookup, { token: theirs, source: another }],
    ['lookup without a source', lookup, { token: theirs }],
    ['detokenize of another token', detokenize, { source: theirs, token: '9100000000000017' }],
    ['detokenize without a token', detokenize, { source: theirs }],
  ])('an answer to %s is refused', async (_name, ask, content) => {
    server.script(sends(200, content));
    await expect(ask(tomeThatRepeatsItems())).rejects.toMatchObject(anotherRequest);
  });

  test.each<[string, Ask, number, object]>([
    ['lookup', lookup, 404, { error: 'not-found', source: another }],
    ['detokenize', detokenize, 404, { error: 'not-found', token: '9100000000000017' }],
    ['tokenize', tokenize, 409, { error: 'already-bound', token: theirs, source: another }],
    ['tokenize', tokenize, 409, { error: 'token-taken', source: another }],
    ['tokenize', tokenize, 400, { error: 'bad-request', source: another }],
  ])('a refusal of %s that names another item is refused: %i', async (_name, ask, status, content) => {
    server.script(sends(status, content));
    await expect(ask(tomeThatRepeatsItems())).rejects.toMatchObject(anotherRequest);
  });

  test.each<[string, InternalToken | null]>([
    ['with a token', ours],
    ['without a token', null],
  ])('a refusal of tokenize %s that names a bound token must repeat the source', async (_name, wanted) => {
    const tome = tomeThatRepeatsItems();
    const ask = () => tome.ns1.tokenize(card, wanted, live());
    server.script(sends(409, { error: 'already-bound', token: theirs }));
    await expect(ask()).rejects.toMatchObject(anotherRequest);
    server.script(sends(409, { error: 'already-bound', token: null }));
    await expect(ask()).rejects.toMatchObject(anotherRequest);
    server.script(sends(409, { error: 'already-bound', token: theirs, source: card.reveal() }));
    expect(await ask()).toEqual({ token: theirs, isNew: false, attempts: 1 });
  });

  test('a "not found" of lookup that names a token must repeat the source', async () => {
    server.script(sends(404, { error: 'not-found', token: theirs }));
    await expect(lookup(tomeThatRepeatsItems())).rejects.toMatchObject(anotherRequest);
  });

  test('a refusal that names no token may leave the item out', async () => {
    const tome = tomeThatRepeatsItems();
    server.script(sends(404, { error: 'not-found' }));
    expect(await lookup(tome)).toBeNull();
    server.script(sends(404, { error: 'not-found', source: card.reveal() }));
    expect(await lookup(tome)).toBeNull();
    server.script(sends(409, { error: 'token-taken' }));
    await expect(tokenize(tome)).rejects.toMatchObject({ code: 'tome-token-taken' });
  });

  test.each<[string, number, unknown]>([
    ['a page with 200', 200, '<html>sign in</html>'],
    ['an empty 200', 200, ''],
    ['a page with 404', 404, '<html>no</html>'],
    ['a page with 400', 400, '<html>no</html>'],
    ['JSON with 200 that is not of the contract', 200, { status: 'ok' }],
    ['JSON with 404 that is not of the contract', 404, { message: 'no such route' }],
    ['a redirect', 302, ''],
  ])('%s is the answer of a gateway', async (_name, status, content) => {
    server.script(sends(status, content));
    await expect(lookup(tomeThatRepeatsItems())).rejects.toMatchObject({ code: 'tome-gateway-answered', attempts: 1 });
  });

  test('a prefetch answer repeats nothing and is accepted', async () => {
    server.script(sends(200, { tokens: [{ token: ours }] }));
    expect(await tomeThatRepeatsItems().ns1.prefetch(1, live())).toMatchObject({ tokens: [{ token: ours }] });
  });

  test('a bulk result that names another item says nothing about its pair, and costs no other result', async () => {
    const [first, second, third] = [ours, theirs, 'internal-token-number-three' as InternalToken];
    const bound = (source: string | undefined) => ({ outcome: 'bound', token: reference, isNew: true, source });
    server.script(
      sends(200, {
        results: [
          bound(first),
          bound(first),
          bound(undefined),
          { outcome: 'failed', source: first },
          { ...bound(second), token: 'no reference' },
        ],
      }),
    );
    const items = [first, second, third, first, second].map((source) => ({ source, token: reference }));
    expect(await tomeThatRepeatsItems().ns2.bulkTokenize(items, live())).toEqual([
      { outcome: 'bound', token: reference },
      { outcome: 'failed' },
      { outcome: 'failed' },
      { outcome: 'failed' },
      { outcome: 'unusable' },
    ]);
  });

  test('a bulk answer in which no result names its item is the answer to another request', async () => {
    const results = [theirs, ours].map((source) => ({ outcome: 'bound', token: reference, isNew: true, source }));
    server.script(sends(200, { results }));
    const items = [ours, theirs].map((source) => ({ source, token: reference }));
    await expect(tomeThatRepeatsItems().ns2.bulkTokenize(items, live())).rejects.toMatchObject(anotherRequest);
  });
});
