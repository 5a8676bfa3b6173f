import { describe, expect, test } from 'vitest';
import { databaseRoleOf, databaseRoles } from '../../lambdas/database-roles.ts';
import { functionNames } from '../../lambdas/function-names.ts';
import type { FunctionRow } from '../../lambdas/function-row.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import type { AwsEnvironment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { identityGrants, resourcePolicies } from './policy-statements.ts';
import { AWS_ENVIRONMENT_NAMES, ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

const NAMES = functionNames();
const idOf = (name: FunctionName): string => `Functions${name.replaceAll('-', '')}`;

/** The grants that one function must have on AWS by its row, as `action on resource`. */
function expectedGrants(
  name: FunctionName,
  prefix: string,
  { account, tome }: Pick<AwsEnvironment, 'account' | 'tome'>,
): readonly string[] {
  const row: FunctionRow = FUNCTIONS[name];
  const { secrets, queues, gauges } = row.access;
  const tomeReads = row.access.tome ? secretsOf(tome) : [];
  const ownReads = [
    ...(secrets.includes('administrator') ? [`${prefix}-data:DatabaseClusterMasterUserSecretSecretArn`] : []),
    ...(secrets.includes('idempotency') ? [`${prefix}-data:IdempotencySecret`] : []),
  ];
  const sends = [
    ...(queues.includes('card-events') ? ['CardEventsQueue.Arn'] : []),
    ...(row.kind === 'route' ? [] : ['DeadLetters.Arn']),
  ];
  const key = `${prefix}-data:KeyArn`;
  const reads = [...ownReads, ...tomeReads];
  return [
    `logs:CreateLogStream on ${idOf(name)}Logs.Arn`,
    `logs:PutLogEvents on ${idOf(name)}Logs.Arn`,
    'xray:PutTraceSegments on *',
    'xray:PutTelemetryRecords on *',
    ...NETWORK_INTERFACE.map((action) => `${action} on *`),
    ...(row.database !== null
      ? [
          `rds-db:connect on arn:aws:rds-db:us-east-1:${account}:dbuser:Proxy.DBProxyArn split by :[6]/${databaseRoleOf(name)}`,
        ]
      : []),
    ...reads.map((secret) => `secretsmanager:GetSecretValue on ${secret}`),
    ...sends.map((queue) => `sqs:SendMessage on ${queue}`),
    ...(ownReads.length > 0 ? [`kms:Decrypt on ${key}`] : []),
    ...(tomeReads.length > 0 && tome.secretsKeyArn !== undefined ? [`kms:Decrypt on ${tome.secretsKeyArn}`] : []),
    ...(sends.length > 0 ? [`kms:Decrypt on ${key}`, `kms:GenerateDataKey on ${key}`] : []),
    ...(gauges ? ['cloudwatch:PutMetricData on *'] : []),
    ...(row.kind !== 'route' && row.resultTo === 'event-bus'
      ? [`events:PutEvents on arn:aws:events:us-east-1:${account}:event-bus/default`]
      : []),
  ].sort();
}

const secretsOf = ({ credentialSecretArn, clientCertificateSecretArn }: AwsEnvironment['tome']): readonly string[] =>
  [credentialSecretArn, clientCertificateSecretArn].filter((arn) => arn !== undefined);

const NETWORK_INTERFACE = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** Actions for which IAM has no resource. A condition limits some of them. */
const UNBOUND = new Set([
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'cloudwatch:PutMetricData',
  ...NETWORK_INTERFACE,
]);

describe.each(AWS_ENVIRONMENT_NAMES)('%s', (environmentName) => {
  const environment = synthesized(environmentName);
  const { account, domains, tome } = ENVIRONMENTS[environmentName] as AwsEnvironment;
  const grants = identityGrants(environment);
  const DOMAINS = Object.keys(domains);

  test.each(DOMAINS.flatMap((domain) => NAMES.map((name) => [domain, name] as const)))(
    'in the domain %s the function %s has exactly the grants of its row',
    (domain, name) => {
      const prefix = `${environmentName}-${domain}`;
      const stack = `${prefix}-service`;
      const own = grants.filter(({ stack: of, holder }) => of === stack && holder === `${idOf(name)}Policy`);
      const allowed = own
        .filter(({ effect }) => effect === 'Allow')
        .map(({ action, resource }) => `${action} on ${resource}`);
      expect(allowed.sort()).toEqual(expectedGrants(name, prefix, { account, tome }));

      const role = environment.one('AWS::IAM::Role', stack, `${idOf(name)}Role`).properties;
      expect(role.ManagedPolicyArns).toEqual([`${idOf(name)}Policy`]);
      expect(role.Policies).toBeUndefined();
      expect(role.AssumeRolePolicyDocument.Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
      ]);
      expect(functionOf(name, domain).Role).toBe(`${idOf(name)}Role.Arn`);
    },
  );

  const functionOf = (name: FunctionName, domain: string) =>
    environment.one('AWS::Lambda::Function', `${environmentName}-${domain}-service`, `${idOf(name)}Function`)
      .properties;

  test.each(DOMAINS)('in the domain %s the code of a function is denied the network interface actions', (domain) => {
    for (const name of NAMES) {
      const functionArn = `arn:aws:lambda:us-east-1:${account}:function:${functionOf(name, domain).FunctionName}`;
      const denied = grants.filter(
        ({ stack, holder, effect }) =>
          stack === `${environmentName}-${domain}-service` && holder === `${idOf(name)}Policy` && effect === 'Deny',
      );
      expect(denied.map(({ action }) => action).sort()).toEqual([...NETWORK_INTERFACE].sort());
      expect(denied.map(({ condition }) => condition)).toEqual(
        denied.map(() => ({ ArnEquals: { 'lambda:SourceFunctionArn': functionArn } })),
      );
    }
  });

  test('only the migration reads the administrator secret, only create-card the HMAC key, and only callers of TOME its secrets', () => {
    const callers = ['createcard', 'lookup', 'lookuportokenize', 'detokenize', 'prefetch'];
    const readers = grants
      .filter(({ action }) => action.startsWith('secretsmanager:'))
      .map(({ stack, holder, action, resource }) => `${stack} ${holder} ${action} ${resource}`);
    expect(readers.sort()).toEqual(
      DOMAINS.flatMap((domain) => {
        const prefix = `${environmentName}-${domain}`;
        return [
          `${prefix}-service FunctionscreatecardPolicy secretsmanager:GetSecretValue ${prefix}-data:IdempotencySecret`,
          `${prefix}-service FunctionsmigratePolicy secretsmanager:GetSecretValue ${prefix}-data:DatabaseClusterMasterUserSecretSecretArn`,
          ...secretsOf(tome).flatMap((secret) =>
            callers.map((id) => `${prefix}-service Functions${id}Policy secretsmanager:GetSecretValue ${secret}`),
          ),
        ];
      }).sort(),
    );
  });

  test('the proxy may sign in to its own cluster only as the roles of the functions', () => {
    for (const domain of DOMAINS) {
      const users = grants
        .filter(({ stack, holder }) => stack === `${environmentName}-${domain}-service` && holder === 'ProxyConnecting')
        .map(({ action, resource }) => `${action} on ${resource}`);
      const resourceId = `${environmentName}-${domain}-data:DatabaseClusterDBClusterResourceId`;
      const cluster = `rds-db:connect on arn:aws:rds-db:us-east-1:${account}:dbuser:${resourceId}`;
      const roles = databaseRoles().map(({ role }) => role);
      expect(users.sort()).toEqual(roles.map((role) => `${cluster}/${role}`).sort());
    }
  });

  test('functions may write metrics only into the namespace of their domain', () => {
    const writers = grants.filter(({ action }) => action === 'cloudwatch:PutMetricData');
    expect(writers.map(({ stack, condition }) => [stack, condition])).toEqual(
      DOMAINS.map((domain) => [
        `${environmentName}-${domain}-service`,
        { StringEquals: { 'cloudwatch:namespace': `CardTokenizationPool/${domain}` } },
      ]),
    );
  });

  test('a function may use a key only through SQS or Secrets Manager', () => {
    const users = grants.filter(({ action }) => action.startsWith('kms:'));
    expect(users.length).toBeGreaterThan(10);
    for (const { condition } of users) {
      expect(condition).toEqual({
        StringEquals: { 'kms:ViaService': expect.stringMatching(/^(sqs|secretsmanager)\.us-east-1\.amazonaws\.com$/) },
      });
    }
  });
});

describe.each(ENVIRONMENT_NAMES)('%s', (environmentName) => {
  const environment = synthesized(environmentName);
  const grants = identityGrants(environment);

  test('no identity policy has a wildcard action, or a wildcard resource where IAM supports a narrower one', () => {
    expect(grants.length).toBeGreaterThan(50);
    expect(grants.filter(({ action }) => action.includes('*'))).toEqual([]);
    expect(
      grants.filter(({ action, resource, effect }) => effect === 'Allow' && resource === '*' && !UNBOUND.has(action)),
    ).toEqual([]);
  });

  test('no resource policy allows an action to all principals', () => {
    const policies = resourcePolicies(environment);
    expect(policies.length).toBeGreaterThan(5);
    const open = policies.filter(
      ([, { Effect, Principal }]) => Effect === 'Allow' && JSON.stringify(Principal ?? '*').includes('"*"'),
    );
    expect(open.map(([{ id }]) => id)).toEqual([]);
  });

  test('the functions that CDK adds have only the rights of their one task', () => {
    const roles = environment.all('AWS::IAM::Role').filter(({ id }) => id.includes('CustomResourceProvider'));
    const granted = grants
      .filter(({ holder }) => roles.some(({ id }) => id === holder))
      .map(({ action, resource }) => `${action} on ${resource}`);
    expect([...new Set(granted)].sort()).toEqual(
      ENVIRONMENTS[environmentName].kind === 'emulator'
        ? []
        : [
            expect.stringMatching(
              /^ec2:AuthorizeSecurityGroupEgress on arn:aws:ec2:us-east-1:\d{12}:security-group\/NetworkVpc.DefaultSecurityGroup$/,
            ),
            expect.stringMatching(/^ec2:AuthorizeSecurityGroupIngress on .*DefaultSecurityGroup$/),
            expect.stringMatching(/^ec2:RevokeSecurityGroupEgress on .*DefaultSecurityGroup$/),
            expect.stringMatching(/^ec2:RevokeSecurityGroupIngress on .*DefaultSecurityGroup$/),
          ],
    );
  });

  test('the function that runs the migration in a deployment may invoke it and write its own log, no more', () => {
    const domains = Object.keys(ENVIRONMENTS[environmentName].domains);
    for (const stack of domains.map((domain) => `${environmentName}-${domain}-service`)) {
      const granted = grants.filter((grant) => grant.stack === stack && grant.holder === 'MigrationPolicy');
      expect(granted.map(({ effect, action, resource }) => `${effect} ${action} on ${resource}`).sort()).toEqual([
        'Allow lambda:GetFunction on FunctionsmigrateFunction.Arn',
        'Allow lambda:InvokeFunction on FunctionsmigrateFunction.Arn',
        'Allow logs:CreateLogStream on MigrationLogs.Arn',
        'Allow logs:PutLogEvents on MigrationLogs.Arn',
      ]);
      const role = environment.one('AWS::IAM::Role', stack, 'MigrationRole').properties;
      expect([role.ManagedPolicyArns, role.Policies]).toEqual([['MigrationPolicy'], undefined]);
      const provider = environment.one('AWS::Lambda::Function', stack, 'MigrationProvider').properties;
      expect(provider.Role).toBe('MigrationRole.Arn');
    }
  });
});
