import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VOCABULARIES } from '../../lambdas/vocabulary.ts';
import { checkDigitOf } from '../../scripts/local/made-up-cards.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { type Answer, callsOf, type RunningStack, startStack } from './running-stack.ts';

let running: RunningStack;
let serial = 0;
/** Every account number that a request contained. */
const usedNumbers = new Set<string>();
const errorBodies: string[] = [];

/**
 * A new account number that fails the check digit of card numbers. The lengths are those of no
 * other text that the product writes, so that a search for the number finds nothing by chance.
 */
function freshAccount(length = 14): string {
  serial += 1;
  const body = `${'7052'.slice(0, length - 9)}${String(serial).padStart(7, '0')}`.padStart(length - 1, '0');
  const number = `${body}${(checkDigitOf(body) + 1) % 10}`;
  usedNumbers.add(number);
  return number;
}

const create = (accountNumber: string, headers?: Record<string, string>): Promise<Answer> =>
  running.post('/v1/accounts', { accountNumber }, headers);
const lookup = (accountNumber: string): Promise<Answer> => running.post('/v1/accounts/lookup', { accountNumber });
const detokenize = (accountReferenceId: string): Promise<Answer> =>
  running.post('/v1/references/detokenize', { accountReferenceId });
const referenceOf = ({ body }: Answer): string => body['accountReferenceId'] as unknown as string;

beforeAll(async () => {
  running = await startStack({ PRODUCER_DOMAIN: 'program', POOL_TARGET_MIN: '120' });
});

afterAll(() => running.stop());

describe('the producer domain program', () => {
  test('creates, looks up and detokenizes account numbers with one call each, whatever their check digit is', async () => {
    const before = await running.ledger();
    const accounts = [10, 12, 14, 16, 19].map((length) => freshAccount(length));
    const created = await Promise.all(accounts.map((account) => create(account)));
    expect(created.map(({ status, body }) => [status, Object.keys(body)])).toEqual(
      accounts.map(() => [201, ['accountReferenceId']]),
    );
    const references = created.map(referenceOf);
    expect(new Set(references).size).toBe(accounts.length);
    expect((await Promise.all(accounts.map(lookup))).map(referenceOf)).toEqual(references);
    const read = await Promise.all(references.map(detokenize));
    expect(read.map(({ body }) => body)).toEqual(accounts.map((accountNumber) => ({ accountNumber })));
    const after = await running.ledger();
    for (const operation of ['tokenize', 'lookup', 'detokenize']) {
      expect([operation, callsOf(after, 'ns1', operation) - callsOf(before, 'ns1', operation)]).toEqual([operation, 5]);
      expect(callsOf(after, 'ns2', operation)).toBe(callsOf(before, 'ns2', operation));
    }
  });

  test('tells accounts apart that differ only in their leading zeros', async () => {
    const account = freshAccount(11);
    const longer = `00${account}`;
    usedNumbers.add(longer);
    const [one, other] = [await create(account), await create(longer)];
    expect([one.status, other.status]).toEqual([201, 201]);
    expect((await detokenize(referenceOf(one))).body['accountNumber']).toBe(account);
    expect((await detokenize(referenceOf(other))).body['accountNumber']).toBe(longer);
  });

  test('creates by lookup-or-tokenize, and returns the same reference for a repeated creation', async () => {
    const account = freshAccount();
    const first = await running.post('/v1/accounts/lookup-or-tokenize', { accountNumber: account });
    const again = await create(account);
    expect([first.status, again.status, referenceOf(again)]).toEqual([201, 200, referenceOf(first)]);
  });

  test('replays an Idempotency-Key for the same account and refuses it for another', async () => {
    const [account, other] = [freshAccount(), freshAccount()];
    const headers = { 'Idempotency-Key': 'order-1' };
    const first = await create(account, headers);
    const again = await create(account, headers);
    expect([first.status, again.status, referenceOf(again)]).toEqual([201, 201, referenceOf(first)]);
    expect(await create(other, headers)).toMatchObject({ status: 422, body: { code: 'idempotency-conflict' } });
    // The same digits with a zero before them are another account.
    usedNumbers.add(`0${account}`);
    expect((await create(`0${account}`, headers)).status).toBe(422);
  });

  test('sends one account-created event for each new reference, with the reference and without the number', async () => {
    const reference = referenceOf(await create(freshAccount()));
    await running.post('/_local/jobs/relay-events', {});
    await running.post('/_local/jobs/relay-events', {});
    const events = (await running.get('/_local/events')).body as unknown as Record<string, unknown>[];
    const about = events.filter((event) => event['accountReferenceId'] === reference);
    expect(about).toEqual([
      {
        eventId: `account-created-${reference}`,
        type: 'account-created',
        version: 1,
        domain: 'program',
        accountReferenceId: reference,
        occurredAt: expect.stringMatching(/^20/),
      },
    ]);
    expect(events.some((event) => 'cardReferenceId' in event)).toBe(false);
  });

  test('writes an audit record with the same keys as a card domain for each disclosed number', async () => {
    const reference = referenceOf(await create(freshAccount()));
    const before = running.output.length;
    await detokenize(reference);
    const lines = running.output.slice(before).filter((line) => line.includes('card number disclosed'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ outcome: 'disclosed', cardReference: reference, caller: '000000000000/user/local' }),
    ]);
  });
});

describe('an invalid request to the domain program', () => {
  test.each([
    ['the field of a card domain', '{"cardNumber": "4111111111111111"}', 'accountNumber'],
    ['the fields of both', '{"accountNumber": "70529999999990", "cardNumber": "4111111111111111"}', 'cardNumber'],
    ['a missing field', '{}', 'accountNumber'],
    ['a wrong type', '{"accountNumber": 70529999999990}', 'accountNumber'],
    ['too few digits', '{"accountNumber": "705299999"}', 'accountNumber'],
    ['too many digits', '{"accountNumber": "70529999999990705299"}', 'accountNumber'],
    ['spaces', '{"accountNumber": "7052 9999 9999 90"}', 'accountNumber'],
    ['letters', '{"accountNumber": "7052999999999O"}', 'accountNumber'],
    ['a field named like an account', '{"accountNumber": "70529999999990", "70529999999990": 1}', 'field'],
    [
      'a repeated field',
      '{"accountNumber": "70529999999990", "account\\u004eumber": "70529999999991"}',
      'accountNumber',
    ],
    ['half of the JSON', '{"accountNumber": "705299999', 'body'],
    ['more than 2 KB', JSON.stringify({ accountNumber: '70529999999990', padding: 'x'.repeat(2_100) }), 'body'],
  ])('(%s) is refused with 400 and an error that names the field and not its value', async (_name, body, field) => {
    for (const path of ['/v1/accounts', '/v1/accounts/lookup', '/v1/accounts/lookup-or-tokenize']) {
      const answer = await running.post(path, body);
      errorBodies.push(answer.text);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
      expect(answer.body['detail']).toContain(field);
      expect(JSON.stringify({ ...answer.body, correlationId: '' })).not.toMatch(/\d{5}/);
    }
  });

  test('for an unknown account or reference is answered in the words of accounts', async () => {
    expect(await lookup(freshAccount())).toMatchObject({
      status: 404,
      body: { code: 'account-not-found', detail: 'This account number has no reference.' },
    });
    expect(await detokenize('9999999999999990')).toMatchObject({
      status: 404,
      body: { code: 'reference-not-found', title: 'No account', detail: 'No account has this reference.' },
    });
    expect(await detokenize(freshAccount(14))).toMatchObject({
      status: 400,
      body: { detail: 'accountReferenceId must be a 16-digit account reference' },
    });
  });

  test('for a route of card domains finds no route, and the answer names the file of this API', async () => {
    for (const path of ['/v1/cards', '/v1/cards/lookup', '/v1/cards/lookup-or-tokenize']) {
      const answer = await running.post(path, { cardNumber: '4111111111111111' });
      expect(answer).toMatchObject({ status: 404, body: { code: 'no-such-route' } });
      expect(answer.body['detail']).toContain('docs/openapi-program.json');
    }
  });

  test('with an account number in the place of a reference leaves an audit record without it', async () => {
    const account = '9000000070529995';
    usedNumbers.add(account);
    const before = running.output.length;
    expect((await detokenize(account)).status).toBe(404);
    const lines = running.output.slice(before).filter((line) => line.includes('card number withheld'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ outcome: 'not-found', code: 'reference-not-found' }),
    ]);
    expect(lines[0]).not.toContain('cardReference');
  });
});

test('the API of accounts answers 300 valid and invalid requests as docs/openapi-program.json says', async () => {
  const { statuses, violations } = await fuzz({
    url: running.stack.url,
    domain: { vocabulary: VOCABULARIES.account, madeUpSource: () => freshAccount() },
    requests: 300,
    seed: 5,
    concurrency: 4,
    output: () => running.output.join(''),
  });
  await running.delete('/_local/tome/faults');
  expect(violations).toEqual([]);
  for (const status of [200, 201, 400, 404, 405]) expect(statuses[status]).toBeGreaterThan(0);
});

test('no log, metric, event or error contains an account number, and no table does', async () => {
  const tables = await running.db.sql<{ name: string }[]>`
    SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name
    FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
  `;
  const rows: string[] = [];
  for (const { name } of tables) {
    for (const { row } of await running.db.sql.unsafe(`SELECT t::text AS row FROM ${name} AS t`)) rows.push(row);
  }
  expect(rows.length).toBeGreaterThan(100);
  const events = (await running.get('/_local/events')).text;
  const text = [...running.output, ...rows, ...errorBodies, events].join('\n');
  expect(usedNumbers.size).toBeGreaterThan(100);
  expect([...usedNumbers].filter((number) => text.includes(number))).toHaveLength(0);
  const [number] = usedNumbers;
  expect([...usedNumbers].filter((one) => `${text}${number}`.includes(one))).toHaveLength(1);
});
