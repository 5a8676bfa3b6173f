import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayLiteral } from '../../lambdas/pool/database/array-parameters.ts';
import { madeUpCard as cardNumber } from '../../scripts/local/made-up-cards.ts';
import { type Answer, callsOf, type RunningStack, startStack } from './running-stack.ts';

let running: RunningStack;
let serial = 0;
const usedNumbers = new Set<string>();
const errorBodies: string[] = [];

const freshCard = (): string => {
  serial += 1;
  const number = cardNumber(serial);
  usedNumbers.add(number);
  return number;
};

const create = (number: string, headers?: Record<string, string>): Promise<Answer> =>
  running.post('/v1/cards', { cardNumber: number }, headers);
const lookup = (number: string): Promise<Answer> => running.post('/v1/cards/lookup', { cardNumber: number });
const detokenize = (reference: string): Promise<Answer> =>
  running.post('/v1/references/detokenize', { cardReferenceId: reference });
const referenceOf = ({ body }: Answer): string => body['cardReferenceId'] as unknown as string;

/** Counts the live calls to TOME that `work` causes, by namespace and operation. */
async function liveCalls(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await running.ledger();
  await work();
  const after = await running.ledger();
  const counted: Record<string, number> = {};
  for (const namespace of ['ns1', 'ns2']) {
    for (const operation of ['tokenize', 'lookup', 'detokenize', 'prefetch']) {
      const calls = callsOf(after, namespace, operation) - callsOf(before, namespace, operation);
      if (calls > 0) counted[`${namespace} ${operation}`] = calls;
    }
  }
  return counted;
}

beforeAll(async () => {
  running = await startStack({
    POOL_TARGET_MIN: '1400',
    RESERVATION_HORIZON_SECONDS: '60',
  });
});

afterAll(() => running.stop());

describe('while pairs are available', () => {
  test('every create, lookup and detokenize is one call to NS1 and none to NS2', async () => {
    const cards = Array.from({ length: 40 }, freshCard);
    let references: string[] = [];
    expect(
      await liveCalls(async () => {
        const answers = await Promise.all(cards.map((card) => create(card)));
        expect(answers.map(({ status }) => status)).toEqual(cards.map(() => 201));
        references = answers.map(referenceOf);
      }),
    ).toEqual({ 'ns1 tokenize': 40 });
    expect(
      await liveCalls(async () => {
        expect((await Promise.all(cards.map(lookup))).map(referenceOf)).toEqual(references);
      }),
    ).toEqual({ 'ns1 lookup': 40 });
    expect(
      await liveCalls(async () => {
        const answers = await Promise.all(references.map(detokenize));
        expect(answers.map(({ body }) => body['cardNumber'])).toEqual(cards);
      }),
    ).toEqual({ 'ns1 detokenize': 40 });
  });

  test('a create for a card with a reference returns it with 200 and releases the reserved pair', async () => {
    const card = freshCard();
    const first = await create(card);
    const before = (await running.get('/v1/pool')).body;
    const second = await create(card);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(referenceOf(second)).toBe(referenceOf(first));
    expect(await running.get('/v1/pool').then(({ body }) => body)).toMatchObject({
      available: before['available'],
      used: before['used'],
      reserved: 0,
      quarantined: 0,
    });
  });

  test('20 concurrent creates of one card return one reference and use one pair', async () => {
    const card = freshCard();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(card)));
    expect(new Set(answers.map(referenceOf)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const [{ used } = { used: 0 }] = await running.db.sql<{ used: number }[]>`
      SELECT count(*)::int AS used FROM pair_life WHERE card_reference = ${referenceOf(answers[0] as Answer)} AND state = 'USED'
    `;
    expect(used).toBe(1);
  });

  test('lookup-or-tokenize creates a reference for a new card and finds it the second time', async () => {
    const card = freshCard();
    const first = await running.post('/v1/cards/lookup-or-tokenize', { cardNumber: card });
    const second = await running.post('/v1/cards/lookup-or-tokenize', { cardNumber: card });
    expect([first.status, second.status, referenceOf(second)]).toEqual([201, 200, referenceOf(first)]);
  });

  test.each([100, 1_000])('%i concurrent creates all succeed and no two share a token', async (number) => {
    const cards = Array.from({ length: number }, freshCard);
    const answers = await Promise.all(cards.map((card) => create(card)));
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    expect(new Set(answers.map(referenceOf)).size).toBe(number);
    const bindings = await (await fetch(`${running.stack.tomeUrl}/_control/bindings?namespace=ns1`)).json();
    const tokenOf = new Map(bindings as [string, string][]);
    const tokens = cards.map((card) => tokenOf.get(card));
    expect(new Set(tokens).size).toBe(number);
    const rows = await running.db.sql<{ internal_token: string; card_reference: string }[]>`
      SELECT internal_token, card_reference FROM pair_life WHERE internal_token = ANY (${arrayLiteral(tokens as string[])}::text[]) AND state = 'USED'
    `;
    const referenceByToken = new Map(
      rows.map(({ internal_token, card_reference }) => [internal_token, card_reference]),
    );
    expect(tokens.map((token) => referenceByToken.get(token as string))).toEqual(answers.map(referenceOf));
  });

  test('a new reference is one event in the queue, and a second relay run does not send it again', async () => {
    const reference = referenceOf(await create(freshCard()));
    await running.post('/_local/jobs/relay-events', {});
    await running.post('/_local/jobs/relay-events', {});
    const events = (await running.get('/_local/events')).body as unknown as {
      cardReferenceId: string;
      eventId: string;
    }[];
    expect(events.filter(({ cardReferenceId }) => cardReferenceId === reference)).toHaveLength(1);
    const [{ used } = { used: 0 }] = await running.db.sql<
      { used: number }[]
    >`SELECT count(*)::int AS used FROM pair_life WHERE state = 'USED'`;
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(used);
  });
});

describe('a create with an idempotency key', () => {
  test('returns the same reference and status when it is repeated', async () => {
    const card = freshCard();
    const headers = { 'Idempotency-Key': 'order-1' };
    const first = await create(card, headers);
    const again = await create(card, headers);
    expect([first.status, again.status, referenceOf(again)]).toEqual([201, 201, referenceOf(first)]);
  });

  test('of a request with another body is refused with 422', async () => {
    const headers = { 'Idempotency-Key': 'order-2' };
    await create(freshCard(), headers);
    expect(await create(freshCard(), headers)).toMatchObject({ status: 422, body: { code: 'idempotency-conflict' } });
  });

  test('that is sent ten times at once returns one reference, or 409 with Retry-After', async () => {
    const card = freshCard();
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(card, { 'Idempotency-Key': 'order-3' })));
    const succeeded = answers.filter(({ status }) => status === 201);
    expect(succeeded.length).toBeGreaterThanOrEqual(1);
    expect(new Set(succeeded.map(referenceOf)).size).toBe(1);
    for (const { status, headers } of answers.filter(({ status }) => status !== 201)) {
      expect(status).toBe(409);
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
  });

  test('that is retried after a failure uses the pair of the first attempt', async () => {
    const card = freshCard();
    const headers = { 'Idempotency-Key': 'order-4' };
    await running.post('/_local/tome/faults', {
      operation: 'tokenize',
      namespace: 'ns1',
      kind: 'error-after',
      rate: 1,
    });
    await running.post('/_local/tome/faults', { operation: 'lookup', kind: 'error-before', rate: 1 });
    const failed = await create(card, headers);
    errorBodies.push(failed.text);
    expect(failed.status).toBe(503);
    expect(Number(failed.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await running.delete('/_local/tome/faults');
    const retried = await create(card, headers);
    expect(retried.status).toBe(201);
    expect((await detokenize(referenceOf(retried))).body['cardNumber']).toBe(card);
    const rows = await running.db.sql`SELECT 1 FROM reservation`;
    expect(rows).toHaveLength(0);
  });
});

describe('an invalid request', () => {
  test.each([
    ['not JSON', '{"cardNumber": 4', 'body'],
    ['an array', '[]', 'body'],
    ['a missing field', '{}', 'cardNumber'],
    ['a wrong type', '{"cardNumber": 4000000000000002}', 'cardNumber'],
    ['a short number', '{"cardNumber": "400000000000"}', 'cardNumber'],
    ['a wrong check digit', '{"cardNumber": "4000000000000003"}', 'cardNumber'],
    ['spaces', '{"cardNumber": "4000 0000 0000 0002"}', 'cardNumber'],
    ['an unknown field', '{"cardNumber": "4000000000000002", "cvv": "123"}', 'cvv'],
    ['an unknown field named like a card', '{"cardNumber": "4000000000000002", "4000000000000002": 1}', 'field'],
    ['more than 2 KB', JSON.stringify({ cardNumber: '4000000000000002', padding: 'x'.repeat(2_100) }), 'body'],
  ])('(%s) is refused with 400 and an error that names the field and not its value', async (_name, body, field) => {
    const answer = await running.post('/v1/cards', body);
    errorBodies.push(answer.text);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input', status: 400 } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body['detail']).toContain(field);
    // The correlation id is random, so it can contain twelve decimal digits in a row by chance.
    expect(JSON.stringify({ ...answer.body, correlationId: '' })).not.toMatch(/\d{12}/);
    expect(Object.keys(answer.body).sort()).toEqual(['code', 'correlationId', 'detail', 'status', 'title', 'type']);
  });

  test('for an unknown card or an unknown reference is answered with 404', async () => {
    expect(await lookup(freshCard())).toMatchObject({ status: 404, body: { code: 'card-not-found' } });
    expect(await detokenize('9999999999999990')).toMatchObject({ status: 404, body: { code: 'reference-not-found' } });
  });

  test('with a card number in place of a reference is looked up like any other reference, and answered with 404', async () => {
    const card = freshCard();
    const calls = await liveCalls(async () => {
      const answer = await detokenize(card);
      errorBodies.push(answer.text);
      expect(answer).toMatchObject({ status: 404, body: { code: 'reference-not-found' } });
    });
    expect(calls).toEqual({ 'ns2 detokenize': 1 });
  });

  test('with a correlation id that could be a card number gets a new id, any other id is kept', async () => {
    const card = freshCard();
    const kept = await running.post('/v1/cards/lookup', { cardNumber: card }, { 'X-Correlation-Id': 'trace-7' });
    expect(kept.headers.get('x-correlation-id')).toBe('trace-7');
    const grouped = (card.match(/.{4}/g) ?? []).join('-');
    for (const id of [card, grouped]) {
      const replaced = await running.post('/v1/cards/lookup', { cardNumber: card }, { 'X-Correlation-Id': id });
      expect(replaced.headers.get('x-correlation-id')).not.toBe(id);
    }
    usedNumbers.add(grouped);
  });

  test('for an unknown path is answered with 404, and with the wrong method with 405 and Allow', async () => {
    expect((await running.get('/v1/nothing')).status).toBe(404);
    const answer = await running.get('/v1/cards');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

test('the audit log has one disclosure record for each card number that was returned, and no other', async () => {
  const before = running.output.length;
  const reference = referenceOf(await create(freshCard()));
  await detokenize(reference);
  await detokenize(reference);
  await detokenize('9999999999999991');
  const lines = running.output.slice(before).filter((line) => line.includes('card number disclosed'));
  expect(lines).toHaveLength(2);
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({
      cardReference: reference,
      outcome: 'disclosed',
      account: '000000000000',
      principal: 'user/local',
      sourceAddress: expect.stringMatching(/127\.0\.0\.1$/),
      gatewayRequestId: expect.any(String),
    });
});

describe('when the pool is empty', () => {
  test('creations use the direct path, and each reference is then detokenized with one call', async () => {
    const pool = (await running.get('/v1/pool')).body;
    const left = Number(pool['available']);
    await running.db.sql`
      SELECT quarantine_unused(ARRAY(SELECT pair_id FROM available_pair OFFSET 10), 'conflict')
    `;
    expect(left).toBeGreaterThan(10);
    const cards = Array.from({ length: 50 }, freshCard);
    const answers = await Promise.all(cards.map((card) => create(card)));
    expect(answers.map(({ status }) => status)).toEqual(cards.map(() => 201));
    const references = answers.map(referenceOf);
    expect(new Set(references).size).toBe(50);
    const direct = await running.db.sql`SELECT 1 FROM pair WHERE origin = 'direct'`;
    expect(direct).toHaveLength(40);
    expect(
      await liveCalls(async () => {
        expect((await Promise.all(references.map(detokenize))).map(({ body }) => body['cardNumber'])).toEqual(cards);
      }),
    ).toEqual({ 'ns1 detokenize': 50 });
    const health = await running.post('/_local/jobs/pool-health', {});
    expect(health.body).toMatchObject({ refillWanted: true, available: 0 });
  });
});

test('no log, metric, event or error contains a card number or internal token, and no table a card number', async () => {
  const tables = await running.db.sql<{ name: string }[]>`
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name
    FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
  `;
  const rows: string[] = [];
  for (const { name } of tables) {
    for (const { row } of await running.db.sql.unsafe(`SELECT t::text AS row FROM ${name} AS t`)) rows.push(row);
  }
  const events = (await running.get('/_local/events')).text;
  const ledger = await (await fetch(`${running.stack.tomeUrl}/_control/calls`)).text();
  const outside = [...running.output, events, ledger, ...errorBodies].join('\n');
  const inside = rows.join('\n');
  expect(running.output.length).toBeGreaterThan(1_000);
  expect(rows.length).toBeGreaterThan(1_000);

  const findings = (text: string, needles: Iterable<string>): string[] =>
    [...needles].filter((needle) => text.includes(needle));
  expect(usedNumbers.size).toBeGreaterThan(1_200);
  expect(findings(outside, usedNumbers)).toHaveLength(0);
  expect(findings(inside, usedNumbers)).toHaveLength(0);
  const tokens = (await running.db.sql<{ internal_token: string }[]>`SELECT internal_token FROM pair`).map(
    ({ internal_token }) => internal_token,
  );
  expect(findings(outside, tokens)).toHaveLength(0);

  // The search itself works: it finds a number and a token in texts that contain them.
  const [number] = usedNumbers;
  expect(findings(`${outside}\n${number}`, usedNumbers)).toHaveLength(1);
  expect(findings(`${outside}\n${tokens[0]}`, tokens)).toHaveLength(1);
  expect(findings(inside, tokens)).toHaveLength(tokens.length);
});
