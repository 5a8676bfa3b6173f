import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { HttpSender } from '../performance/load/http-sender.ts';
import type { Sender } from '../performance/load/sender.ts';
import { isExecuteApi, sigV4 } from '../performance/load/sigv4.ts';
import { InvalidCommand, type Where } from './cli-options.ts';
import { invokeFunction } from './invoke-function.ts';

/** A deployment that commands are sent to. */
export interface Deployment {
  readonly sender: Sender;
  /** Starts a prefetch and returns a sentence about its result. */
  readonly refill: () => Promise<string>;
}

/** Finds the deployment. Throws InvalidCommand or CannotSign. */
export async function findDeployment(where: Where): Promise<Deployment> {
  if (where.by === 'environment') {
    const outputs = await outputsOf(`${where.environment}-${where.domain}-service`);
    const url = outputs['ApiUrl'] ?? '';
    return signed(url, outputs['PrefetchFunctionName'] ?? null);
  }
  const { url, prefetchFunction } = where;
  if (where.sigv4 || isExecuteApi(url)) return signed(url, prefetchFunction);
  return { sender: new HttpSender({ url }), refill: () => refillLocally(url) };
}

const signed = (url: string, prefetchFunction: string | null): Deployment => ({
  sender: new HttpSender({ url, sign: sigV4(url) }),
  async refill() {
    if (prefetchFunction === null)
      throw new InvalidCommand(['refill needs --env, or --function beside a signed --url.']);
    await invokeFunction(prefetchFunction);
    return `${prefetchFunction} was started. \`pool\` shows the level of the pool.`;
  },
});

async function refillLocally(url: string): Promise<string> {
  const response = await fetch(new URL('/_local/jobs/prefetch', url), { method: 'POST' });
  const result = (await response.json()) as { activated?: number; outcome?: string; error?: string };
  if (!response.ok) throw new InvalidCommand([`The prefetch failed: ${result.error ?? response.status}.`]);
  return `${result.activated} pairs were added: ${result.outcome}.`;
}

async function outputsOf(stackName: string): Promise<Readonly<Record<string, string>>> {
  const client = new CloudFormationClient({});
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    throw new InvalidCommand([
      `The stack ${stackName} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
    ]);
  } finally {
    client.destroy();
  }
}
