import { AwsClient } from 'aws4fetch';
import { awsCredentials } from '../../lambdas/runtime/aws/aws-credentials.ts';

/** Starts a function without waiting for its result. Throws when AWS refuses the request. */
export async function invokeFunction(name: string): Promise<void> {
  const client = new AwsClient({ ...awsCredentials(), service: 'lambda', retries: 2 });
  const endpoint = process.env['AWS_ENDPOINT_URL'] ?? `https://lambda.${client.region}.amazonaws.com`;
  const response = await client.fetch(`${endpoint}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
    method: 'POST',
    headers: { 'x-amz-invocation-type': 'Event' },
    body: '{}',
  });
  if (!response.ok) throw new Error(`Starting ${name} was answered with ${response.status}.`);
}
