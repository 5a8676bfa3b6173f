import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { type ApiHandler, apiEvent, assumed, invoke } from './api-event.ts';
import { type RunningStack, startStack } from './running-stack.ts';

const ISSUING = assumed('555555555555', 'issuing', 'one');

let running: RunningStack;
let create: ApiHandler;
let detokenize: ApiHandler;
let handlers: readonly ApiHandler[];
let serial = 70_000;

const freshCard = (): string => {
  serial += 1;
  return madeUpCard(serial);
};

beforeAll(async () => {
  running = await startStack({ POOL_TARGET_MIN: '100' });
  const load = async (name: string): Promise<ApiHandler> => (await import(`../../lambdas/api/${name}.ts`)).handler;
  create = await load('create-card');
  detokenize = await load('detokenize');
  handlers = [create, detokenize, await load('lookup'), await load('lookup-or-tokenize'), await load('pool')];
});

afterAll(() => running.stop());

const createFor = (userArn: string, cardNumber: string, key: string) =>
  invoke(create, apiEvent(userArn, { cardNumber }, { 'Idempotency-Key': key }));

/** The lines that `work` writes to the audit log. */
async function auditOf(work: () => Promise<unknown>): Promise<readonly Record<string, unknown>[]> {
  const before = running.output.length;
  await work();
  return running.output
    .slice(before)
    .filter((line) => line.includes('card-tokenization-pool-audit'))
    .map((line) => JSON.parse(line));
}

describe('the Idempotency-Keys of different callers are separate', () => {
  test.each([
    ['another account', assumed('666666666666', 'issuing', 'one')],
    ['another role of the same account', assumed('555555555555', 'billing', 'one')],
    ['a user whose name is the role’s', 'arn:aws:iam::555555555555:user/issuing'],
  ])('a key of one caller is a new key for %s, with another card and with the same card', async (what, other) => {
    const key = `order of ${what}`.replaceAll(/[^a-z]/g, '-');
    const card = freshCard();
    const first = await createFor(ISSUING, card, key);
    expect(first.status).toBe(201);
    expect((await createFor(other, freshCard(), key)).status).toBe(201);
    // The card has a reference now, so 200. A replay of the first caller's answer would be 201.
    const sameCard = await createFor(other, card, `${key}-2`);
    await createFor(ISSUING, freshCard(), `${key}-3`);
    const sameKey = await createFor(other, card, `${key}-3`);
    expect([sameCard.status, sameKey.status]).toEqual([200, 200]);
    expect(sameKey.body).toEqual(first.body);
  });

  test('callers and keys that are equal when joined are different keys', async () => {
    const left = await createFor(assumed('555555555555', 'a', 's'), freshCard(), 'b-order');
    const right = await createFor(assumed('555555555555', 'ab', 's'), freshCard(), '-order');
    expect([left.status, right.status]).toEqual([201, 201]);
  });

  test('two sessions of one role are one caller, so they share an Idempotency-Key', async () => {
    const card = freshCard();
    const first = await createFor(ISSUING, card, 'sessions');
    const other = assumed('555555555555', 'issuing', 'two');
    expect(await createFor(other, card, 'sessions')).toMatchObject({ status: 201, body: first.body });
    expect((await createFor(other, freshCard(), 'sessions')).status).toBe(422);
  });
});

describe('a request whose caller is unknown', () => {
  test.each([null, '', 'local', 'arn:aws:s3:::bucket'])(
    'with userArn %j is refused with 403 by every route and makes no call to TOME',
    async (userArn) => {
      const before = await running.ledger();
      for (const handler of handlers) {
        const answer = await invoke(handler, apiEvent(userArn, { cardNumber: freshCard() }));
        expect(answer).toMatchObject({ status: 403, body: { code: 'caller-unknown', status: 403 } });
        expect(answer.headers['Content-Type']).toBe('application/problem+json');
      }
      expect(await running.ledger()).toEqual(before);
    },
  );
});

describe('an event that is not a valid request of API Gateway', () => {
  const v2 = {
    version: '2.0',
    rawPath: '/v1/cards',
    requestContext: { http: { method: 'POST', path: '/v1/cards' } },
    body: '{}',
  };
  test.each([
    ['null', null],
    ['a string', 'hello'],
    ['a number', 4],
    ['an empty object', {}],
    ['a list', []],
    ["a queue's records", { Records: [{ messageId: '1', body: '{}' }] }],
    ["a function URL's event", v2],
    ['a schedule', { source: 'aws.scheduler', detail: {} }],
    ['with a body that is not a string', { ...apiEvent(ISSUING, {}), body: { cardNumber: '4' } }],
    ['with headers that are a string', { ...apiEvent(ISSUING, {}), headers: 'x' }],
    ['without a request context', { ...apiEvent(ISSUING, {}), requestContext: null }],
  ])('(%s) is refused with 400 by every route, not with 500', async (_what, event) => {
    for (const handler of handlers) {
      expect(await invoke(handler, event)).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    }
  });

  test('with headers that are not strings is handled as if these headers were absent', async () => {
    const event = {
      ...apiEvent(ISSUING, { cardNumber: freshCard() }),
      headers: { 'x-correlation-id': 7, 'idempotency-key': null },
    };
    expect((await invoke(create, event)).status).toBe(201);
  });
});

describe('detokenize writes one audit record', () => {
  const common = {
    account: '555555555555',
    principal: 'role/issuing',
    session: 'one',
    sourceAddress: '198.51.100.7',
    gatewayRequestId: 'gateway-request',
    gatewayExtendedRequestId: 'gateway-extended',
    functionRequestId: expect.any(String),
    correlationId: expect.any(String),
  };
  const ask = (cardReferenceId: unknown, userArn: string | null = ISSUING) =>
    invoke(detokenize, apiEvent(userArn, { cardReferenceId }));

  test('for a card number that it returns', async () => {
    const { body } = await invoke(create, apiEvent(ISSUING, { cardNumber: freshCard() }));
    const lines = await auditOf(() => ask(body['cardReferenceId']));
    expect(lines).toMatchObject([{ outcome: 'disclosed', cardReference: body['cardReferenceId'], ...common }]);
  });

  test('for a reference that does not exist', async () => {
    const lines = await auditOf(() => ask('9999999999999990'));
    expect(lines).toMatchObject([{ outcome: 'not-found', status: 404, cardReference: '9999999999999990', ...common }]);
  });

  test('for a card number in place of a reference, without that number', async () => {
    const card = freshCard();
    const lines = await auditOf(() => ask(card));
    expect(lines).toMatchObject([{ outcome: 'not-found', status: 404, ...common }]);
    expect(lines[0]).not.toHaveProperty('cardReference');
    expect(JSON.stringify(lines)).not.toContain(card);
  });

  test('for an invalid body, for a request without a caller and for an invalid event', async () => {
    expect(await auditOf(() => ask(7))).toMatchObject([{ outcome: 'refused', code: 'invalid-input', ...common }]);
    expect(await auditOf(() => ask('9999999999999990', null))).toMatchObject([
      { outcome: 'refused', status: 403, code: 'caller-unknown', caller: 'unknown', sourceAddress: '198.51.100.7' },
    ]);
    expect(await auditOf(() => invoke(detokenize, null))).toMatchObject([
      { outcome: 'refused', status: 400, caller: 'unknown' },
    ]);
  });

  test('for a request that fails because TOME fails', async () => {
    await running.post('/_local/tome/faults', { operation: 'detokenize', kind: 'error-before', rate: 1 });
    const lines = await auditOf(() => ask('9999999999999990'));
    await running.delete('/_local/tome/faults');
    expect(lines).toMatchObject([{ outcome: 'failed', status: 503, ...common }]);
  });

  test('and no other route writes one', async () => {
    expect(await auditOf(() => invoke(create, apiEvent(ISSUING, { cardNumber: freshCard() })))).toEqual([]);
    expect(await auditOf(() => invoke(create, apiEvent(null, {})))).toEqual([]);
  });
});
