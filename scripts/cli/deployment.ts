import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Environment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { emulatedApiUrl } from '../emulator/emulated-api-url.ts';
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
    const environment = Object.values(ENVIRONMENTS).find(({ name }) => name === where.environment);
    if (environment === undefined) throw new InvalidCommand([`There is no environment ${where.environment}.`]);
    return signed(openApi(environment, outputs['ApiUrl'] ?? ''), outputs['PrefetchFunctionName'] ?? null);
  }
  const { url, prefetchFunction } = where;
  if (where.sigv4 || isExecuteApi(url)) return signed(signingSender(url), prefetchFunction);
  return { sender: new HttpSender({ url }), refill: () => refillLocally(url) };
}

/**
 * Sends signed requests to the API of an environment. `apiUrl` is the output of its service stack;
 * on an emulator the API has another address, at AWS_ENDPOINT_URL. Throws CannotSign.
 */
export function openApi(
  { kind, region }: Environment,
  apiUrl: string,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Sender {
  const endpointUrl = variables['AWS_ENDPOINT_URL'];
  const url = kind === 'emulator' && endpointUrl ? emulatedApiUrl(endpointUrl, apiUrl) : apiUrl;
  return signingSender(url, { ...variables, AWS_REGION: region });
}

const signingSender = (url: string, variables?: Readonly<Record<string, string | undefined>>): Sender =>
  new HttpSender({ url, sign: sigV4(url, variables) });

const signed = (sender: Sender, prefetchFunction: string | null): Deployment => ({
  sender,
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
