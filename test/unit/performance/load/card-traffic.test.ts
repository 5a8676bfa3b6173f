import { expect, test } from 'vitest';
import { VOCABULARIES } from '../../../../lambdas/vocabulary.ts';
import { madeUpSource } from '../../../../scripts/local/made-up-sources.ts';
import { type CardRequest, CardTraffic, type OperationMix } from '../../../../scripts/performance/load/card-traffic.ts';
import { seededRandom } from '../../../../scripts/simulator/seeded-random.ts';

const setup = (mix: OperationMix, idempotencyKeys = false) =>
  new CardTraffic({ mix, idempotencyKeys, firstSerial: 7, runId: 'load-test', random: seededRandom(5) });

const created = ({ check }: CardRequest, reference: string) =>
  check({ status: 201, error: null, body: { cardReferenceId: reference } });

test('reads use cards whose creation was answered, and before that every operation is a creation', () => {
  const traffic = setup({ create: 0, lookup: 1, detokenize: 1 });
  const first = traffic.next();
  const second = traffic.next();
  expect([first.operation, second.operation]).toEqual(['create', 'create']);
  created(first, '1234567890123456');
  const reads = Array.from({ length: 50 }, () => traffic.next());
  expect(new Set(reads.map(({ operation }) => operation))).toEqual(new Set(['lookup', 'detokenize']));
  for (const { operation, request } of reads) {
    const card = first.request.body?.['cardNumber'];
    expect(request.body).toEqual(
      operation === 'lookup' ? { cardNumber: card } : { cardReferenceId: '1234567890123456' },
    );
  }
});

test('operations have the shares of the mix, and the same order for the same seed', () => {
  const order = () => {
    const traffic = setup({ create: 50, lookup: 10, detokenize: 40 });
    created(traffic.next(), '1234567890123456');
    return Array.from({ length: 2_000 }, () => traffic.next().operation);
  };
  const operations = order();
  expect(operations).toEqual(order());
  const share = (name: string) => operations.filter((operation) => operation === name).length / operations.length;
  expect(share('create')).toBeCloseTo(0.5, 1);
  expect(share('lookup')).toBeCloseTo(0.1, 1);
  expect(share('detokenize')).toBeCloseTo(0.4, 1);
});

test('every creation has a new card, and a new key if keys are on', () => {
  const traffic = setup({ create: 1, lookup: 0, detokenize: 0 }, true);
  const requests = Array.from({ length: 100 }, () => traffic.next().request);
  expect(new Set(requests.map(({ body }) => body?.['cardNumber'])).size).toBe(100);
  expect(new Set(requests.map(({ headers }) => headers?.['idempotency-key'])).size).toBe(100);
  expect(setup({ create: 1, lookup: 0, detokenize: 0 }).next().request.headers).not.toHaveProperty('idempotency-key');
});

test('a detokenize that returns another card is counted', () => {
  const traffic = setup({ create: 0, lookup: 0, detokenize: 1 });
  created(traffic.next(), '1234567890123456');
  traffic.next().check({ status: 200, error: null, body: { cardNumber: '4000000000000002' } });
  expect(traffic.references.wrongCounts['two cards, one reference']).toBe(1);
});

test('a created card that is not found counts as wrong, and a wrong address does not', () => {
  const traffic = setup({ create: 0, lookup: 1, detokenize: 0 });
  created(traffic.next(), '1234567890123456');
  traffic.next().check({ status: 404, error: 'no-such-route', body: {} });
  expect(traffic.references.wrongTotal).toBe(0);
  traffic.next().check({ status: 404, error: 'card-not-found', body: {} });
  expect(traffic.references.wrongTotal).toBe(1);
});

test('in an account domain the requests and the checks of answers use its words', () => {
  const form = { kind: 'account-number', lengths: [12], checkDigit: 'none' } as const;
  const traffic = new CardTraffic({
    domain: { vocabulary: VOCABULARIES.account, madeUpSource: (serial) => madeUpSource(serial, form) },
    mix: { create: 0, lookup: 0, detokenize: 1 },
    idempotencyKeys: false,
    firstSerial: 7,
    runId: 'load-test',
    random: seededRandom(5),
  });
  const first = traffic.next();
  expect([first.request.path, Object.keys(first.request.body ?? {})]).toEqual(['/v1/accounts', ['accountNumber']]);
  first.check({ status: 201, error: null, body: { accountReferenceId: '1234567890123456' } });
  const read = traffic.next();
  expect(read.request.body).toEqual({ accountReferenceId: '1234567890123456' });
  read.check({ status: 200, error: null, body: { accountNumber: '000000000018' } });
  expect(traffic.references.wrongCounts['two cards, one reference']).toBe(1);
});
