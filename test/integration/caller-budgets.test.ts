import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createBudgetLedger } from '../../lambdas/pool/caller-budget.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { type ApiHandler, apiEvent, assumed, type HandlerAnswer, invoke } from './api-event.ts';
import { callsOf, type RunningStack, startStack } from './running-stack.ts';

const LIMIT = 5;

let running: RunningStack;
let serial = 80_000;
let session = 0;

const freshCard = (): string => {
  serial += 1;
  return madeUpCard(serial);
};

beforeAll(async () => {
  running = await startStack({
    POOL_TARGET_MIN: '200',
    CALLER_LOOKUP_MISSES_PER_HOUR: String(LIMIT),
    CALLER_DETOKENIZE_REFUSALS_PER_HOUR: String(LIMIT),
    CALLER_EXISTING_CREATIONS_PER_HOUR: String(LIMIT),
  });
});

afterAll(() => running.stop());

/** Sends requests as one role, each from a session with another name. */
class Client {
  readonly #role: string;
  constructor(role: string) {
    this.#role = role;
  }

  send(handler: ApiHandler, body: object, headers = {}): Promise<HandlerAnswer> {
    session += 1;
    return invoke(handler, apiEvent(assumed('555555555555', this.#role, `session-${session}`), body, headers));
  }
}

interface Instance {
  readonly create: ApiHandler;
  readonly lookup: ApiHandler;
  readonly lookupOrTokenize: ApiHandler;
  readonly detokenize: ApiHandler;
}

/** The handlers with their own memory, as another instance of each function has. */
async function newInstance(): Promise<Instance> {
  vi.resetModules();
  const load = async (name: string): Promise<ApiHandler> => (await import(`../../lambdas/api/${name}.ts`)).handler;
  return {
    create: await load('create-card'),
    lookup: await load('lookup'),
    lookupOrTokenize: await load('lookup-or-tokenize'),
    detokenize: await load('detokenize'),
  };
}

async function knownCard(instance: Instance): Promise<{ card: string; reference: string }> {
  const card = freshCard();
  const { status, body } = await new Client('maker').send(instance.create, { cardNumber: card });
  expect(status).toBe(201);
  return { card, reference: String(body['cardReferenceId']) };
}

const SPENT = { status: 429, body: { code: 'caller-budget-spent' } };

function expectSpent(answer: HandlerAnswer): void {
  expect(answer).toMatchObject(SPENT);
  expect(Number(answer.headers['Retry-After'])).toBeGreaterThanOrEqual(1);
}

describe('a lookup that finds nothing', () => {
  test('spends a unit, and without units every lookup gets 429 on every instance, also for a card with a reference', async () => {
    const [first, second] = [await newInstance(), await newInstance()];
    const { card } = await knownCard(first);
    const guesser = new Client('guesser');
    for (let miss = 0; miss < LIMIT; miss += 1) {
      const { lookup } = miss % 2 === 0 ? first : second;
      expect((await guesser.send(lookup, { cardNumber: card })).status).toBe(200);
      expect((await guesser.send(lookup, { cardNumber: freshCard() })).status).toBe(404);
    }
    // The second instance has not refused this caller yet, and reads the budget from the database.
    expectSpent(await guesser.send(second.lookup, { cardNumber: card }));
    expectSpent(await guesser.send(first.lookup, { cardNumber: freshCard() }));
    expectSpent(await guesser.send((await newInstance()).lookup, { cardNumber: card }));
    // Other roles and other routes are not affected.
    const other = new Client('honest');
    expect((await other.send(first.lookup, { cardNumber: card })).status).toBe(200);
    expect((await other.send(second.lookup, { cardNumber: freshCard() })).status).toBe(404);
    expect((await guesser.send(first.create, { cardNumber: freshCard() })).status).toBe(201);
  });

  test('is refused without a call to TOME by an instance that knows the spent budget', async () => {
    const instance = await newInstance();
    const guesser = new Client('repeater');
    for (let miss = 0; miss <= LIMIT; miss += 1) await guesser.send(instance.lookup, { cardNumber: freshCard() });
    const before = callsOf(await running.ledger(), 'ns1', 'lookup');
    expectSpent(await guesser.send(instance.lookup, { cardNumber: freshCard() }));
    expect(callsOf(await running.ledger(), 'ns1', 'lookup')).toBe(before);
  });

  test('is answered exactly as often as the budget allows when many are sent at once', async () => {
    const instances = await Promise.all([newInstance(), newInstance()]);
    const guesser = new Client('burst');
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        guesser.send((instances[index % 2] as Instance).lookup, { cardNumber: freshCard() }),
      ),
    );
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(LIMIT);
    for (const answer of answers.filter(({ status }) => status !== 404)) expectSpent(answer);
  });

  test('spends a unit, but a lookup that finds a reference does not', async () => {
    const instance = await newInstance();
    const { card } = await knownCard(instance);
    const reader = new Client('reader');
    for (let hit = 0; hit < 3 * LIMIT; hit += 1) {
      expect((await reader.send(instance.lookup, { cardNumber: card })).status).toBe(200);
    }
    expect(await running.db.sql`SELECT 1 FROM caller_budget WHERE caller = '555555555555/role/reader'`).toHaveLength(0);
  });
});

describe('a detokenize of a reference that does not exist or has a wrong form', () => {
  test('spends a unit, and without units every detokenize gets 429 on every instance, also for a reference that exists', async () => {
    const [first, second] = [await newInstance(), await newInstance()];
    const { card, reference } = await knownCard(first);
    const guesser = new Client('embosser');
    const statuses: number[] = [];
    for (const text of ['9999999999999990', '4111111111111111', 'no reference', '9999999999999991', '']) {
      statuses.push((await guesser.send(first.detokenize, { cardReferenceId: text })).status);
    }
    expect(statuses).toEqual([404, 404, 400, 404, 400]);
    expectSpent(await guesser.send(second.detokenize, { cardReferenceId: reference }));
    expectSpent(await guesser.send(first.detokenize, { cardReferenceId: 'no reference' }));
    expectSpent(await guesser.send(first.detokenize, { cardReferenceId: reference }));
    const other = await new Client('other-embosser').send(second.detokenize, { cardReferenceId: reference });
    expect(other.body).toEqual({ cardNumber: card });
  });

  test('spends a unit also when the text is an internal token', async () => {
    const instance = await newInstance();
    const { reference } = await knownCard(instance);
    const [pair] = await running.db.sql<{ token: string }[]>`
      SELECT internal_token AS token FROM pair WHERE card_reference = ${reference}
    `;
    const guesser = new Client('insider');
    await guesser.send(instance.detokenize, { cardReferenceId: pair?.token });
    expect(await running.db.sql`SELECT 1 FROM caller_budget WHERE caller = '555555555555/role/insider'`).toHaveLength(
      1,
    );
  });
});

describe('a creation of a card that exists', () => {
  test('spends a unit, and without units it gets 429, while new cards can still be created', async () => {
    const instance = await newInstance();
    const { card } = await knownCard(instance);
    const client = new Client('importer');
    const statuses: number[] = [];
    for (let repeat = 0; repeat < LIMIT; repeat += 1) {
      statuses.push((await client.send(instance.create, { cardNumber: card })).status);
    }
    expect(statuses).toEqual(Array.from({ length: LIMIT }, () => 200));
    expectSpent(await client.send(instance.create, { cardNumber: card }));
    expectSpent(await client.send((await newInstance()).create, { cardNumber: card }));
    expect((await client.send(instance.create, { cardNumber: freshCard() })).status).toBe(201);
    // These two routes are meant to find cards that exist.
    expect((await client.send(instance.lookupOrTokenize, { cardNumber: card })).status).toBe(200);
    expect((await client.send(instance.lookup, { cardNumber: card })).status).toBe(200);
  });

  test('spends no unit when it replays an Idempotency-Key', async () => {
    const instance = await newInstance();
    const { card, reference } = await knownCard(instance);
    const client = new Client('retrier');
    for (let retry = 0; retry < 3 * LIMIT; retry += 1) {
      const answer = await client.send(instance.create, { cardNumber: card }, { 'Idempotency-Key': 'again' });
      expect(answer).toMatchObject({ status: 200, body: { cardReferenceId: reference } });
    }
  });
});

describe('the function spend_caller_budget', () => {
  const budget = { kind: 'lookup-miss', limit: 10, windowSeconds: 3_600 } as const;
  const ledger = () => createBudgetLedger(running.db.database);
  const rowOf = (caller: string) =>
    running.db.sql<{ fullIn: number }[]>`
      SELECT extract(epoch FROM spent_until - now())::float8 AS "fullIn" FROM caller_budget WHERE caller = ${caller}
    `;
  const setBack = (caller: string, seconds: number) =>
    running.db
      .sql`UPDATE caller_budget SET spent_until = spent_until + make_interval(secs => ${seconds}) WHERE caller = ${caller}`;

  test.each([1, 3, 7, 10, 1_000])(
    'grants a budget of %i exactly, however many requests spend at once',
    async (limit) => {
      const caller = `exact/${limit}`;
      const waits = await Promise.all(
        Array.from({ length: limit + 20 }, () =>
          ledger().spend({ ...budget, caller, limit, windowSeconds: 3_600 * limit }),
        ),
      );
      expect(waits.filter((wait) => wait === 0)).toHaveLength(limit);
      for (const wait of waits.filter((given) => given > 0)) expect(wait).toBeGreaterThanOrEqual(1);
    },
  );

  test('restores one unit after its share of the window, and all units after the whole window', async () => {
    const caller = 'refill/role';
    for (let unit = 0; unit < 10; unit += 1) await ledger().spend({ ...budget, caller });
    expect(await ledger().spend({ ...budget, caller })).toBeGreaterThan(300);
    await setBack(caller, -361);
    expect([await ledger().spend({ ...budget, caller }), (await ledger().spend({ ...budget, caller })) > 0]).toEqual([
      0,
      true,
    ]);
    await setBack(caller, -3_600);
    const waits: number[] = [];
    for (let unit = 0; unit < 11; unit += 1) waits.push(await ledger().spend({ ...budget, caller }));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(10);
  });

  test('treats a row that is days ahead as a full budget, and a row that is a minute ahead as a spent one', async () => {
    const caller = 'clock/role';
    for (let unit = 0; unit < 10; unit += 1) await ledger().spend({ ...budget, caller });
    await setBack(caller, 60);
    expect(await ledger().spend({ ...budget, caller })).toBeGreaterThan(0);
    await setBack(caller, 3 * 86_400);
    expect(await ledger().spend({ ...budget, caller })).toBe(0);
    expect((await rowOf(caller))[0]?.fullIn).toBeLessThan(361);
  });

  test('leaves rows that purge_expired deletes in batches after a day without spending', async () => {
    await running.db.sql`
      INSERT INTO caller_budget (caller, kind, spent_until)
      SELECT 'idle/' || n, 'lookup-miss', now() - interval '2 days' FROM generate_series(1, 15) AS n
    `;
    const idle = async () => (await running.db.sql`SELECT 1 FROM caller_budget WHERE caller LIKE 'idle/%'`).length;
    await running.db.sql`INSERT INTO caller_budget VALUES ('kept/1', 'lookup-miss', now() - interval '1 hour')`;
    const purge = () => running.db.sql`SELECT purge_expired('caller-budgets', 10)`;
    await purge();
    expect(await idle()).toBe(5);
    await purge();
    expect(await idle()).toBe(0);
    expect(await rowOf('kept/1')).toHaveLength(1);
  });
});
