import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VOCABULARIES } from '../../lambdas/vocabulary.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { CARD_DOMAIN } from '../../scripts/local/sample-domain.ts';
import { faultsOf } from '../fuzz/answer-faults.ts';
import { countTraces } from '../fuzz/card-traces.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import type { FuzzAnswer, FuzzRequest } from '../fuzz/fuzz-request.ts';
import { type RunningStack, startStack } from './running-stack.ts';

let running: RunningStack;

beforeAll(async () => {
  running = await startStack({
    POOL_TARGET_MIN: '60',
    TOME_LIVE_CALLS_PER_SECOND: '0',
    TOME_BREAKER_OPEN_MS: '50',
    CALLER_LOOKUP_MISSES_PER_HOUR: '60',
    CALLER_DETOKENIZE_REFUSALS_PER_HOUR: '60',
  });
});

afterAll(() => running.stop());

test('the API answers 500 valid and invalid requests as docs/openapi.json says, and discloses no card number', async () => {
  const { statuses, violations } = await fuzz({
    url: running.stack.url,
    domain: CARD_DOMAIN,
    requests: 500,
    seed: 3,
    concurrency: 4,
    output: () => running.output.join(''),
  });
  expect(violations).toEqual([]);
  expect(Object.values(statuses).reduce((total, count) => total + count, 0)).toBe(500);
  for (const status of [200, 201, 400, 404, 405, 429]) expect(statuses[status]).toBeGreaterThan(0);
});

describe('the comparison of an answer with the published document', () => {
  const problem = (status: number, code: string, changes: object = {}): FuzzAnswer => ({
    status,
    headers: {
      'content-type': 'application/problem+json',
      'x-correlation-id': 'a',
      ...([409, 429, 503].includes(status) ? { 'retry-after': '1' } : {}),
    },
    text: JSON.stringify({
      type: `urn:card-tokenization-pool:problem:${code}`,
      title: 'x',
      status,
      code,
      detail: 'x',
      correlationId: 'a',
      ...changes,
    }),
  });
  const lookup: FuzzRequest = {
    description: 'lookup',
    method: 'POST',
    target: '/v1/cards/lookup?a=1',
    headers: {},
    body: null,
    card: null,
    bytes: null,
  };
  const success: FuzzAnswer = {
    status: 200,
    headers: { 'content-type': 'application/json', 'x-correlation-id': 'a', 'cache-control': 'no-store' },
    text: '{"cardReferenceId":"9000000000000009"}',
  };

  test('finds no fault in answers that are documented', () => {
    expect(faultsOf(lookup, success, VOCABULARIES.card)).toEqual([]);
    expect(faultsOf(lookup, problem(404, 'card-not-found'), VOCABULARIES.card)).toEqual([]);
    expect(faultsOf(lookup, problem(503, 'tome-unavailable'), VOCABULARIES.card)).toEqual([]);
    expect(faultsOf({ ...lookup, method: 'PUT' }, problem(405, 'method-not-allowed'), VOCABULARIES.card)).toEqual([]);
  });

  test.each<[string, FuzzAnswer | null]>([
    ['a missing answer', null],
    ['an unexpected failure', problem(500, 'unexpected')],
    ['a code of another route', problem(404, 'reference-not-found')],
    ['an undocumented status', problem(418, 'invalid-input')],
    ['a code with another status', problem(404, 'invalid-input')],
    ['another status in the body', problem(404, 'card-not-found', { status: 400 })],
    ['an additional field', problem(404, 'card-not-found', { cause: 'x' })],
    ['two correlation ids', problem(404, 'card-not-found', { correlationId: 'b' })],
    ['a body that is no problem document', { ...problem(404, 'card-not-found'), text: 'Not found' }],
    ['503 without Retry-After', { ...problem(503, 'pool-empty'), headers: { ...problem(404, '').headers } }],
    ['Retry-After with a lasting error', { ...problem(404, 'card-not-found'), headers: problem(503, '').headers }],
    ['201 from a lookup', { ...success, status: 201 }],
    ['another body', { ...success, text: '{"cardReferenceId":"9"}' }],
    ['a body with an additional field', { ...success, text: '{"cardReferenceId":"9000000000000009","pan":1}' }],
    ['an answer that may be cached', { ...success, headers: { 'content-type': 'application/json' } }],
  ])('finds a fault in %s', (_what, answer) => {
    expect(faultsOf(lookup, answer, VOCABULARIES.card)).not.toEqual([]);
  });

  test('countTraces finds a card number with separators and inside longer digits', () => {
    const card = madeUpCard(7);
    const cards = new Set([card]);
    for (const text of [
      card,
      `"${card}"`,
      card.replaceAll(/(.{4})/g, '$1 '),
      card.replaceAll(/(.{4})/g, '$1-'),
      `12${card}34`,
    ]) {
      expect(countTraces(text, cards)).toBeGreaterThan(0);
    }
    expect(countTraces(madeUpCard(8), cards)).toBe(0);
  });
});
