import { signedCall } from '../../scripts/emulator/signed-call.ts';

/** How to list the resources of one kind, and where their names are in the response. */
interface Listing {
  readonly service: string;
  /** One of: the path of a GET, a target of the JSON protocol, an action of the query protocol. */
  readonly path?: string;
  readonly target?: string;
  readonly action?: readonly [name: string, version: string];
  readonly name: RegExp;
}

const LISTINGS: Readonly<Record<string, Listing>> = {
  stack: { service: 'cloudformation', action: ['DescribeStacks', '2010-05-15'], name: /<StackName>([^<]+)/g },
  function: { service: 'lambda', path: '/2015-03-31/functions/', name: /"FunctionName": ?"([^"]+)/g },
  api: { service: 'apigateway', path: '/restapis', name: /"name": ?"([^"]+)/g },
  schedule: { service: 'scheduler', path: '/schedules', name: /"Name": ?"([^"]+)/g },
  queue: { service: 'sqs', target: 'AmazonSQS.ListQueues', name: /"(https?:[^"]+)"/g },
  topic: { service: 'sns', action: ['ListTopics', '2010-03-31'], name: /<TopicArn>([^<]+)/g },
  subscription: { service: 'sns', action: ['ListSubscriptions', '2010-03-31'], name: /<Endpoint>([^<]+)/g },
  alarm: { service: 'monitoring', action: ['DescribeAlarms', '2010-08-01'], name: /<AlarmName>([^<]+)/g },
  dashboard: { service: 'monitoring', action: ['ListDashboards', '2010-08-01'], name: /<DashboardName>([^<]+)/g },
  rule: { service: 'events', target: 'AWSEvents.ListRules', name: /"Name": ?"([^"]+)/g },
  secret: { service: 'secretsmanager', target: 'secretsmanager.ListSecrets', name: /"Name": ?"([^"]+)/g },
  role: { service: 'iam', action: ['ListRoles', '2010-05-08'], name: /<RoleName>([^<]+)/g },
  policy: { service: 'iam', action: ['ListPolicies&Scope=Local', '2010-05-08'], name: /<PolicyName>([^<]+)/g },
  alias: { service: 'kms', target: 'TrentService.ListAliases', name: /"AliasName": ?"([^"]+)/g },
};

/**
 * All resources in the account, sorted, as `kind name`. Deleted stacks do not count. KMS keys are
 * not listed, because AWS deletes them only after a waiting period.
 */
export async function inventory(endpointUrl: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [kind, listing] of Object.entries(LISTINGS)) {
    const text = await list(endpointUrl, listing);
    for (const [, name] of text.matchAll(listing.name)) found.push(`${kind} ${name}`);
  }
  return found.sort();
}

async function list(endpointUrl: string, { service, path, target, action }: Listing): Promise<string> {
  const { status, text } = await signedCall({
    service,
    ...(path === undefined ? { url: endpointUrl } : { url: `${endpointUrl}${path}`, method: 'GET' }),
    ...(target === undefined
      ? {}
      : { headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }, body: '{}' }),
    ...(action === undefined
      ? {}
      : {
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: `Action=${action[0]}&Version=${action[1]}`,
        }),
  });
  if (status !== 200)
    throw new Error(`${service} answered a list request with status ${status}: ${text.slice(0, 300)}`);
  return text;
}
