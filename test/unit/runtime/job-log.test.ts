import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type KeptOutput, keepOutput } from '../../support/kept-output.ts';

vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
const { jobHandler } = await import('../../../lambdas/runtime/job-handler.ts');

let output: KeptOutput;

beforeEach(() => {
  output = keepOutput();
});

afterEach(() => {
  vi.restoreAllMocks();
});

const invocation = {
  functionName: 'f',
  awsRequestId: 'request-of-lambda',
  getRemainingTimeInMillis: () => 60_000,
} as unknown as Context;

const lineOf = (message: string): unknown => {
  const lines = output.text.split('\n').filter((text) => text.includes(message));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
};

test("the line of a run that is done has the run's id and the request id of Lambda's own lines", async () => {
  let ran = '';
  const job = jobHandler({
    name: 'pool-health',
    timeLimitMs: 50_000,
    async run({ runId }) {
      ran = runId;
      return { available: 7 };
    },
  });
  await job({}, invocation);
  expect(lineOf('job done')).toMatchObject({
    job: 'pool-health',
    runId: ran,
    functionRequestId: 'request-of-lambda',
    available: 7,
  });
});

test('the line of a run that failed has the request id too', async () => {
  const job = jobHandler({ name: 'prefetch', timeLimitMs: 50_000, run: () => Promise.reject(new Error('x')) });
  await expect(job({}, invocation)).rejects.toThrow('The job failed');
  expect(lineOf('job failed')).toMatchObject({ job: 'prefetch', functionRequestId: 'request-of-lambda' });
});
