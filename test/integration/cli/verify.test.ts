import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { openApi } from '../../../scripts/cli/deployment.ts';
import { DeployedAccount } from '../../../scripts/cli/verify/deployed-account.ts';
import { verifyDomain } from '../../../scripts/cli/verify/verify-deployment.ts';
import { metricKey } from '../../infrastructure/alarm-evaluation.ts';
import { FakeDeployment, healthyDeployment } from '../../support/fake-deployment.ts';
import { embeddedIn } from '../metric-recorder.ts';
import { type RunningStack, startStack } from '../running-stack.ts';

/**
 * The handlers, the pool and TOME are real. CloudWatch's answers are made from what the functions
 * have written, so that the names of metrics and fields of records are those of the product.
 */
const deployment = new FakeDeployment();
let running: RunningStack;
let account: DeployedAccount;

beforeAll(async () => {
  const url = await deployment.start();
  account = new DeployedAccount({
    region: 'us-east-1',
    endpoint: url,
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
  });
  running = await startStack({ PRODUCER_DOMAIN: 'card', POOL_TARGET_MIN: '50', POOL_COVER_MINUTES: '0' });
  healthyDeployment(deployment, `${running.stack.url}/`);
  deployment.readLog = () => running.output.join('').split('\n');
  deployment.readMetric = ({ namespace, name, dimensions }) => {
    const wanted = metricKey(namespace, name, dimensions);
    return running.output.flatMap(embeddedIn).flatMap(([key, value]) => (key === wanted ? [value] : []));
  };
});

afterAll(async () => {
  account.close();
  await running.stop();
  await deployment.stop();
});

test('a running stack passes every check: creations, records and one call to TOME for each request', async () => {
  const results = await verifyDomain({
    environment: ENVIRONMENTS.dev,
    domain: 'card',
    account,
    openApi: (apiUrl) => openApi(ENVIRONMENTS.dev, apiUrl, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' }),
    mayCreate: true,
    waitSeconds: 0,
    serial: 500_000,
  });
  expect(results.filter(({ result }) => result !== 'passed')).toEqual([]);
  expect(results.find(({ id }) => id === 'calls.create')?.reason).toBe('5 calls for 5 requests');
});
