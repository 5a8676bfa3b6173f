import { expect, test } from 'vitest';
import { CannotSign, isExecuteApi, sigV4 } from '../../../../scripts/performance/load/sigv4.ts';

const credentials = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' };
const URL_OF_AWS = 'https://abc123.execute-api.eu-west-1.amazonaws.com/live';

test('isExecuteApi recognizes addresses of API Gateway by their host', () => {
  expect(isExecuteApi(URL_OF_AWS)).toBe(true);
  expect(isExecuteApi('https://abc123-vpce.execute-api.us-east-1.vpce.amazonaws.com')).toBe(true);
  expect(isExecuteApi('http://127.0.0.1:4566/_aws/execute-api/abc/live')).toBe(false);
});

test('a signed request keeps its headers, and uses the region of its address', async () => {
  const sign = sigV4(URL_OF_AWS, { ...credentials, AWS_REGION: 'us-east-1', AWS_SESSION_TOKEN: 'session' });
  const headers = await sign({
    method: 'POST',
    url: `${URL_OF_AWS}/v1/cards`,
    headers: { 'x-correlation-id': 'load.1', 'content-type': 'application/json' },
    body: '{}',
  });
  expect(headers).toMatchObject({ 'x-correlation-id': 'load.1', 'x-amz-security-token': 'session' });
  expect(headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request/,
  );
});

test('for an address without a region, AWS_REGION is used', async () => {
  const sign = sigV4('http://127.0.0.1:4566/_aws/execute-api/abc/live', { ...credentials, AWS_REGION: 'us-east-1' });
  const headers = await sign({ method: 'GET', url: 'http://127.0.0.1:4566/x', headers: {}, body: '' });
  expect(headers['authorization']).toContain('/us-east-1/execute-api/');
});

test('missing credentials or a missing region are reported', () => {
  expect(() => sigV4(URL_OF_AWS, {})).toThrow(CannotSign);
  expect(() => sigV4('http://127.0.0.1:4566', credentials)).toThrow(/AWS_REGION/);
});
