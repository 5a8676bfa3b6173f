import type { Context } from 'aws-lambda';
import { beforeEach, expect, test, vi } from 'vitest';

// Both are read when the modules are loaded.
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

let begun: number[];
beforeEach(() => {
  begun = [];
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
  schema: null,
  deadlineMs: 5_000,
  async answer({ context }) {
    begun.push(context.deadlineMs - performance.now());
    return { status: 200, body: LEVELS };
  },
});

const job = jobHandler({
  name: 'test',
  timeLimitMs: 50_000,
  async run({ deadlineMs }) {
    begun.push(deadlineMs - performance.now());
    return {};
  },
});

test.each([-5_000, 0, 250])(
  'a request with %i ms left to its function is answered 503 and not begun',
  async (leftMs) => {
    const answer = await api(event, functionWith(leftMs));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers?.['Retry-After']).toBe('1');
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'out-of-time' });
    expect(begun).toEqual([]);
  },
);

test("a request's deadline is before its function's end", async () => {
  expect((await api(event, functionWith(2_000))).statusCode).toBe(200);
  expect(begun).toHaveLength(1);
  expect(begun[0]).toBeLessThan(2_000);
});

test.each([-5_000, 0, 4_900])('a job with %i ms left to its function fails and does not begin', async (leftMs) => {
  await expect(job({}, functionWith(leftMs))).rejects.toThrow('no time left');
  expect(begun).toEqual([]);
});

test("a job's deadline is before its function's end", async () => {
  await job({}, functionWith(20_000));
  expect(begun).toHaveLength(1);
  expect(begun[0]).toBeLessThan(20_000);
});
