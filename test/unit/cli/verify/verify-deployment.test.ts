import { afterEach, beforeEach, expect, test } from 'vitest';
import { ENVIRONMENTS } from '../../../../lib/environments/environments.ts';
import { openApi } from '../../../../scripts/cli/deployment.ts';
import { CannotAskAws } from '../../../../scripts/cli/verify/aws-refusals.ts';
import { DeployedAccount } from '../../../../scripts/cli/verify/deployed-account.ts';
import { exitCodeOf, verifyJson, verifyReport } from '../../../../scripts/cli/verify/report.ts';
import { type CheckResult, verifyDomain } from '../../../../scripts/cli/verify/verify-deployment.ts';
import { FakeDeployment, healthyDeployment } from '../../../support/fake-deployment.ts';

const CREDENTIALS = { accessKeyId: 'id', secretAccessKey: 'key' };
const VARIABLES = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' };
const WAIT_SECONDS = 60;

let deployment: FakeDeployment;
let url: string;
let account: DeployedAccount;
let sleptMs: number;

beforeEach(async () => {
  deployment = new FakeDeployment();
  url = await deployment.start();
  healthyDeployment(deployment, `${url}/live/`);
  account = new DeployedAccount({ region: 'us-east-1', endpoint: url, credentials: CREDENTIALS });
  sleptMs = 0;
});

afterEach(async () => {
  account.close();
  await deployment.stop();
});

const verify = (options: { readonly mayCreate?: boolean } = {}): Promise<readonly CheckResult[]> =>
  verifyDomain({
    environment: ENVIRONMENTS.dev,
    domain: 'card',
    account,
    openApi: (apiUrl) => openApi(ENVIRONMENTS.dev, apiUrl, VARIABLES),
    mayCreate: options.mayCreate ?? true,
    waitSeconds: WAIT_SECONDS,
    serial: 7,
    clock: {
      monotonicMs: () => sleptMs,
      sleep: async (ms) => {
        sleptMs += ms;
      },
    },
  });

/** The verdict of one check of a run. */
async function verdictOf(id: string, options?: { readonly mayCreate?: boolean }) {
  const found = (await verify(options)).find((result) => result.id === id);
  return found === undefined ? null : { result: found.result, reason: found.reason };
}

const withResult = (results: readonly CheckResult[], wanted: CheckResult['result']): readonly string[] =>
  results.filter(({ result }) => result === wanted).map(({ id }) => id);

test('every check of a healthy deployment passes, and the exit code is 0', async () => {
  const results = await verify();
  expect(withResult(results, 'passed')).toEqual(results.map(({ id }) => id));
  expect(exitCodeOf(results)).toBe(0);
});

test('no output contains a card number or a reference', async () => {
  deployment.forgetsKeys = true;
  deployment.callsOfCreation = 2;
  const results = await verify();
  expect(deployment.secrets).toHaveLength(10);
  for (const text of [verifyReport('dev', results), verifyJson('dev', results)]) {
    for (const secret of deployment.secrets) expect(text).not.toContain(secret);
  }
});

test('without the right to create, the run only reads and says why', async () => {
  const results = await verify({ mayCreate: false });
  expect(withResult(results, 'passed')).toEqual([
    'stacks.complete',
    'stacks.outputs',
    'pool.filled',
    'alarms.quiet',
    'alarms.recipients',
    'queues.empty',
  ]);
  expect(withResult(results, 'failed')).toEqual([]);
  expect(results.find(({ id }) => id === 'api.create')?.reason).toContain('--yes-this-is-production');
  expect(deployment.requests).toEqual([]);
});

test('a stack that is missing or was rolled back fails', async () => {
  deployment.stacks.delete('dev-card-data');
  const stack = deployment.stacks.get('dev-card-service');
  if (stack !== undefined) stack.status = 'UPDATE_ROLLBACK_COMPLETE';
  expect(await verdictOf('stacks.complete')).toEqual({
    result: 'failed',
    reason: 'dev-card-data does not exist; dev-card-service is UPDATE_ROLLBACK_COMPLETE',
  });
});

test('without its output no request is sent to the API', async () => {
  delete deployment.stacks.get('dev-card-service')?.outputs['ApiUrl'];
  const results = await verify();
  expect(results.find(({ id }) => id === 'stacks.outputs')).toMatchObject({
    result: 'failed',
    reason: 'missing: ApiUrl',
  });
  expect(results.find(({ id }) => id === 'api.create')?.result).toBe('not-tried');
  expect(exitCodeOf(results)).toBe(1);
});

test('an empty pool fails', async () => {
  deployment.available = 0;
  expect(await verdictOf('pool.filled')).toEqual({ result: 'failed', reason: '0 available' });
});

test('a replay with another reference fails', async () => {
  deployment.forgetsKeys = true;
  expect((await verdictOf('api.replay'))?.result).toBe('failed');
});

test('detokenize and what needs it are not tried when the role may not detokenize', async () => {
  deployment.mayDetokenize = false;
  const results = await verify();
  expect(withResult(results, 'not-tried')).toEqual(['api.detokenize', 'logs.audit', 'calls.detokenize']);
  expect(exitCodeOf(results)).toBe(0);
});

test('a creation with two calls to TOME fails', async () => {
  deployment.callsOfCreation = 2;
  expect(await verdictOf('calls.create')).toEqual({ result: 'failed', reason: '10 calls for 5 requests' });
});

test('metrics that do not arrive within the wait are not tried', async () => {
  deployment.hasMetrics = false;
  const verdict = await verdictOf('calls.create');
  expect(verdict?.result).toBe('not-tried');
  expect(sleptMs).toBe(3 * WAIT_SECONDS * 1_000);
});

test('two calls for each creation are not blamed on the run when other callers created too', async () => {
  deployment.requests.push({ operation: 'create-card', status: 201, calls: 9 });
  expect((await verdictOf('calls.create'))?.result).toBe('not-tried');
});

test('a detokenize request without an audit record fails after the wait', async () => {
  deployment.writesAudit = false;
  expect((await verdictOf('logs.audit'))?.result).toBe('failed');
  expect(sleptMs).toBe(WAIT_SECONDS * 1_000);
});

test('a raised alarm and a missing alarm fail by their names', async () => {
  deployment.alarms.set('dev-card-pool-low', 'ALARM').delete('dev-card-pool-empty');
  expect(await verdictOf('alarms.quiet')).toEqual({
    result: 'failed',
    reason: 'missing: dev-card-pool-empty; raised: dev-card-pool-low',
  });
});

test('an alarm without data yet is quiet', async () => {
  deployment.alarms.set('dev-card-pool-low', 'INSUFFICIENT_DATA');
  expect((await verdictOf('alarms.quiet'))?.result).toBe('passed');
});

test('a message in a dead-letter queue fails, and events that wait for TSYS do not', async () => {
  expect((await verdictOf('queues.empty'))?.result).toBe('passed');
  deployment.queues.set('https://sqs.us-east-1.amazonaws.com/111111111111/dev-card-dead-letters', 2);
  expect(await verdictOf('queues.empty')).toEqual({ result: 'failed', reason: 'dev-card-dead-letters has 2' });
});

test.each([['PendingConfirmation'], ['Deleted']])('a recipient whose subscription is %s fails', async (arn) => {
  for (const [subscription] of deployment.subscriptions.values())
    if (subscription !== undefined) subscription.arn = arn;
  expect((await verdictOf('alarms.recipients'))?.reason).toContain('has not confirmed');
});

test('a recipient without a subscription fails', async () => {
  deployment.subscriptions.clear();
  expect((await verdictOf('alarms.recipients'))?.reason).toContain('has no subscription');
});

test('a check whose action the role may not use is not tried, and the reason names the action', async () => {
  deployment.refusals.set('DescribeAlarms', { code: 'AccessDeniedException', status: 400 });
  expect(await verdictOf('alarms.quiet')).toEqual({
    result: 'not-tried',
    reason: 'the caller may not use cloudwatch:DescribeAlarms',
  });
  deployment.refusals.set('ListSubscriptionsByTopic', { code: 'AuthorizationError', status: 403 });
  expect((await verdictOf('alarms.recipients'))?.reason).toBe('the caller may not use sns:ListSubscriptionsByTopic');
});

test('a log group that does not exist fails', async () => {
  deployment.refusals.set('FilterLogEvents', { code: 'ResourceNotFoundException', status: 400 });
  expect((await verdictOf('logs.audit'))?.result).toBe('failed');
});

test('credentials that AWS does not accept end the run', async () => {
  deployment.refusals.set('DescribeStacks', { code: 'InvalidClientTokenId', status: 403 });
  await expect(verify()).rejects.toThrow(CannotAskAws);
});

test('an address at which nothing answers ends the run', async () => {
  await deployment.stop();
  await expect(verify()).rejects.toThrow(CannotAskAws);
});

test('a role that may not read the stacks ends the run', async () => {
  deployment.refusals.set('DescribeStacks', { code: 'AccessDenied', status: 403 });
  await expect(verify()).rejects.toThrow(
    'The stacks cannot be read: the caller may not use cloudformation:DescribeStacks.',
  );
});
