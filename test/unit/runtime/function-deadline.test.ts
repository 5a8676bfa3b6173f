import type { Context } from 'aws-lambda';
import { beforeEach, expect, test, vi } from 'vitest';
import { VOCABULARIES } from '../../../lambdas/vocabulary.ts';

// The modules read both variables when they are loaded.
vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
const { apiHandler } = await import('../../../lambdas/runtime/http/api-handler.ts');
const { jobHandler } = await import('../../../lambdas/runtime/job-handler.ts');

const event = {
  httpMethod: 'GET',
  headers: {},
  body: null,
  requestContext: {
    requestId: 'r',
    identity: { userArn: 'arn:aws:sts::555555555555:assumed-role/issuing/a', sourceIp: '127.0.0.1' },
  },
};
const functionWith = (remainingMs: number) =>
  ({ functionName: 'f', awsRequestId: 'r', getRemainingTimeInMillis: () => remainingMs }) as unknown as Context;

/** For each call of the route or the job: milliseconds until its deadline. */
let calls: number[];
beforeEach(() => {
  calls = [];
});

const LEVELS = {
  staged: 0,
  available: 0,
  reserved: 0,
  used: 0,
  quarantined: 0,
  oldestReservedSeconds: 0,
  consumedPerMinute: 0,
  minutesToEmpty: null,
};

const api = apiHandler({
  operation: 'pool',
  vocabulary: VOCABULARIES.card,
  schema: null,
  deadlineMs: 5_000,
  async answer({ context }) {
    calls.push(context.deadlineMs - performance.now());
    return { status: 200, body: LEVELS };
  },
});

const job = jobHandler({
  name: 'pool-health',
  timeLimitMs: 50_000,
  async run({ deadlineMs }) {
    calls.push(deadlineMs - performance.now());
    return {};
  },
});

test.each([-5_000, 0, 250])(
  'a request to a function with %i ms left is answered 503 and the route is not called',
  async (leftMs) => {
    const answer = await api(event, functionWith(leftMs));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers?.['Retry-After']).toBe('1');
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'out-of-time' });
    expect(calls).toEqual([]);
  },
);

test("a request's deadline is before the timeout of its function", async () => {
  expect((await api(event, functionWith(2_000))).statusCode).toBe(200);
  expect(calls).toHaveLength(1);
  expect(calls[0]).toBeLessThan(2_000);
});

test.each([-5_000, 0, 4_900])('a job in a function with %i ms left fails and does not start', async (leftMs) => {
  await expect(job({}, functionWith(leftMs))).rejects.toThrow('no time left');
  expect(calls).toEqual([]);
});

test("a job's deadline is before the timeout of its function", async () => {
  await job({}, functionWith(20_000));
  expect(calls).toHaveLength(1);
  expect(calls[0]).toBeLessThan(20_000);
});
