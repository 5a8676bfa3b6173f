import { expect, test } from 'vitest';
import { iamPassword } from '../../../lambdas/runtime/aws/iam-password.ts';

const EXAMPLE_KEYS = {
  region: 'eu-central-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'a/session+token==',
};

test('the IAM password has the signature that the AWS SDK makes for the same role, host and time', async () => {
  const host = 'pool.proxy-abc.eu-central-1.rds.amazonaws.com';
  const password = await iamPassword({ host, port: 5_432, username: 'create_card' }, EXAMPLE_KEYS, '20261121T040000Z');
  const parameters = new URL(`https://${password}`).searchParams;
  expect(password.startsWith(`${host}:5432/?Action=connect&DBUser=create_card&`)).toBe(true);
  expect(parameters.get('X-Amz-Expires')).toBe('900');
  expect(parameters.get('X-Amz-Security-Token')).toBe('a/session+token==');
  // Made by @aws-sdk/rds-signer 3.1162.0 from the same input.
  expect(parameters.get('X-Amz-Signature')).toBe('37f248f85d230a0e6fd6f60b740f0f680fd4f0b405040ae8a57b2ac03cf7a78c');
});
