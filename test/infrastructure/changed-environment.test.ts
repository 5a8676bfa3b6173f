import type { Stack } from 'aws-cdk-lib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AwsEnvironment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { environmentNamed } from '../../lib/environments/validate-environment.ts';
import { identityGrants } from './policy-statements.ts';
import { type Synthesis, synthesize } from './synthesize-environment.ts';
import { type Resource, synthesized } from './synthesized-environment.ts';

/*
 * Changes of an environment that is deployed. Each is made by the record of the environment alone.
 */
const dev = ENVIRONMENTS.dev as AwsEnvironment;

describe('an added zone', () => {
  let before: readonly Resource[];
  let after: readonly Resource[];

  beforeAll(() => {
    before = synthesize(dev, { isChecked: false }).resources;
    after = synthesize(
      { ...dev, availabilityZones: [...dev.availabilityZones, 'us-east-1c'] },
      { isChecked: false },
    ).resources;
  });

  const ofType = (resources: readonly Resource[], type: string) =>
    resources.filter((resource) => resource.type === type).map(({ id, properties }) => [id, properties] as const);

  test('gets the next range of addresses, and no other subnet changes', () => {
    const subnets = ofType(after, 'AWS::EC2::Subnet');
    expect(subnets.slice(0, 2)).toEqual(ofType(before, 'AWS::EC2::Subnet'));
    expect(subnets.map(([, { CidrBlock }]) => CidrBlock)).toEqual(['10.20.0.0/22', '10.20.4.0/22', '10.20.8.0/22']);
  });

  test('leaves every instance of the database in its zone', () => {
    expect(ofType(after, 'AWS::RDS::DBInstance')).toEqual(ofType(before, 'AWS::RDS::DBInstance'));
    expect(ofType(after, 'AWS::RDS::DBCluster')).toEqual(ofType(before, 'AWS::RDS::DBCluster'));
  });

  // A proxy is replaced when its subnets change. Two proxies cannot have the same name.
  test('gives the proxy that replaces the old one another name, and another log group', () => {
    const names = (resources: readonly Resource[]) =>
      ofType(resources, 'AWS::RDS::DBProxy').map(([, { DBProxyName }]) => DBProxyName);
    expect(names(before)).toEqual(['dev-card-a-b', 'dev-program-a-b']);
    expect(names(after)).toEqual(['dev-card-a-b-c', 'dev-program-a-b-c']);
    const logs = ofType(after, 'AWS::Logs::LogGroup').map(([, { LogGroupName }]) => LogGroupName);
    expect(logs).toContain('/aws/rds/proxy/dev-card-a-b-c');
  });

  test('changes no address that another stack imports', () => {
    const proxied = after.filter(({ type }) => type === 'AWS::RDS::DBProxy').map(({ stack }) => stack);
    expect(proxied).toEqual(['dev-card-service', 'dev-program-service']);
    expect(JSON.stringify(after.filter(({ stack }) => !proxied.includes(stack)))).not.toContain(':Proxy');
  });
});

describe('a database that was restored from a backup', () => {
  const clusterResourceId = 'cluster-RESTOREDINJUNE';
  const administratorSecretArn = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:rds!cluster-restored-AbCdEf';
  let restored: Synthesis;

  beforeAll(() => {
    const { card } = dev.domains;
    if (card === undefined) throw new Error('dev has no card domain.');
    const domains = { ...dev.domains, card: { ...card, restored: { clusterResourceId, administratorSecretArn } } };
    restored = synthesize({ ...dev, domains }, { isChecked: false });
  });

  test('is the one that the proxy may sign in to, and no other domain changes', () => {
    const users = identityGrants({ ...synthesized('dev'), resources: restored.resources })
      .filter(({ holder, action }) => holder === 'ProxyConnecting' && action === 'rds-db:connect')
      .map(({ stack, resource }) => `${stack} ${resource.replace(/^.*dbuser:|\/.*$/g, '')}`);
    expect([...new Set(users)]).toEqual([
      `dev-card-service ${clusterResourceId}`,
      'dev-program-service dev-program-data:DatabaseClusterDBClusterResourceId',
    ]);
  });

  test('has its own administrator, whose secret the migration reads', () => {
    const migrate = restored.resources.find(({ properties }) => properties.FunctionName === 'dev-card-migrate');
    expect(migrate?.properties.Environment.Variables.DATABASE_SECRET_ID).toBe(administratorSecretArn);
    const grants = identityGrants({ ...synthesized('dev'), resources: restored.resources });
    expect(
      grants.filter(({ stack, action }) => stack === 'dev-card-service' && action === 'secretsmanager:GetSecretValue'),
    ).toEqual([
      expect.objectContaining({ holder: 'FunctionscreatecardPolicy' }),
      expect.objectContaining({ holder: 'FunctionsmigratePolicy', resource: administratorSecretArn }),
    ]);
  });
});

describe('the first deployment of production', () => {
  const stacksOf = ({ app }: Synthesis) =>
    app.node.children.filter((child): child is Stack => 'terminationProtection' in child);

  test('can be deleted, and the next one cannot', () => {
    const first = synthesize(environmentNamed('prod', 'true'), { isChecked: true });
    const next = synthesize(environmentNamed('prod'), { isChecked: false });
    for (const [synthesis, isProtected] of [
      [first, false],
      [next, true],
    ] as const) {
      const stacks = stacksOf(synthesis).map(({ terminationProtection }) => terminationProtection);
      expect(new Set(stacks)).toEqual(new Set([isProtected]));
      expect(stacks.length).toBe(7);
      const clusters = synthesis.resources.filter(({ type }) => type === 'AWS::RDS::DBCluster');
      expect(clusters.map(({ properties }) => properties.DeletionProtection)).toEqual([isProtected, isProtected]);
    }
  });

  test('is asked for with `-c first=true` and nothing else', () => {
    expect(() => environmentNamed('prod', 'yes')).toThrow('-c first must be true, or absent.');
  });
});
