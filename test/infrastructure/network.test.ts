import { describe, expect, test } from 'vitest';
import { functionNames } from '../../lambdas/function-names.ts';
import type { FunctionRow } from '../../lambdas/function-row.ts';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import type { AwsEnvironment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { AWS_ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

describe.each(AWS_ENVIRONMENT_NAMES)('%s', (name) => {
  const environment = synthesized(name);
  const { availabilityZones, domains, tome } = ENVIRONMENTS[name] as AwsEnvironment;
  const network = `${name}-network`;

  test('the network has no gateway, route or peering to the internet or another network', () => {
    const types = new Set(environment.resources.map(({ type }) => type));
    expect(
      [...types].filter(
        (type) => /Gateway$|EIP|TransitGateway|VPNConnection|VPCPeering/.test(type) && type.startsWith('AWS::EC2::'),
      ),
    ).toEqual([]);
    expect(environment.all('AWS::EC2::Route')).toEqual([]);
    const subnets = environment.all('AWS::EC2::Subnet');
    expect(subnets.map(({ properties }) => [properties.AvailabilityZone, properties.MapPublicIpOnLaunch])).toEqual(
      availabilityZones.map((zone) => [zone, false]),
    );
    expect(environment.all('AWS::EC2::FlowLog')).toHaveLength(1);
    expect(environment.all('Custom::VpcRestrictDefaultSG')).toHaveLength(1);
  });

  test('each security group rule opens one port between two groups, not an address range', () => {
    const inline = environment
      .all('AWS::EC2::SecurityGroup')
      .flatMap(({ properties }) => [
        ...(properties.SecurityGroupIngress ?? []),
        ...(properties.SecurityGroupEgress ?? []),
      ]);
    // CDK writes a rule for this unused address when no outbound traffic is allowed.
    expect([...new Set(inline.map((rule) => rule.CidrIp))]).toEqual(['255.255.255.255/32']);
    const rules = [
      ...environment.all('AWS::EC2::SecurityGroupIngress'),
      ...environment.all('AWS::EC2::SecurityGroupEgress'),
    ];
    expect(rules.length).toBeGreaterThan(10);
    for (const { properties } of rules) {
      expect(properties).not.toHaveProperty('CidrIp');
      expect(properties).not.toHaveProperty('CidrIpv6');
      expect(properties).not.toHaveProperty('SourcePrefixListId');
      expect(properties.IpProtocol).toBe('tcp');
      expect(properties.FromPort).toBe(properties.ToPort);
      expect(properties.SourceSecurityGroupId ?? properties.DestinationSecurityGroupId).toBeDefined();
    }
  });

  test('every security group has an outbound rule, because without one AWS allows all outbound traffic', () => {
    const opened = new Set(
      environment.all('AWS::EC2::SecurityGroupEgress').map(({ stack, properties }) => `${stack} ${properties.GroupId}`),
    );
    const open = environment
      .all('AWS::EC2::SecurityGroup')
      .filter(
        ({ stack, id, properties }) =>
          properties.SecurityGroupEgress === undefined && !opened.has(`${stack} ${id}.GroupId`),
      );
    expect(open).toEqual([]);
  });

  test.each(Object.keys(domains))(
    'in the domain %s each function reaches the interface endpoints of its rights and no other',
    (domain) => {
      for (const functionName of functionNames()) {
        const { database, access }: FunctionRow = FUNCTIONS[functionName];
        const readsSecrets = access.secrets.length > 0 || (access.tome && tome.credentialSecretArn !== undefined);
        const { VpcConfig } = environment.one(
          'AWS::Lambda::Function',
          `${name}-${domain}-service`,
          `Functions${functionName.replaceAll('-', '')}Function`,
        ).properties;
        expect(VpcConfig.SubnetIds).toHaveLength(availabilityZones.length);
        expect([...VpcConfig.SecurityGroupIds].map(String).sort()).toEqual(
          [
            ...(database === null ? [] : ['Clientsproxy.GroupId']),
            ...(access.secrets.includes('administrator') ? ['Clientscluster.GroupId'] : []),
            ...(readsSecrets ? ['Clientssecrets.GroupId'] : []),
            ...(access.tome ? ['Clientstome.GroupId'] : []),
            ...(access.queues.length > 0 ? ['Clientsqueues.GroupId'] : []),
            ...(access.gauges ? ['Clientsmetrics.GroupId'] : []),
          ].sort(),
        );
      }
    },
  );

  test.each(Object.keys(domains))(
    'in the domain %s a group of functions opens one target, and the target accepts no other group',
    (domain) => {
      const stack = `${name}-${domain}-service`;
      const data = `${name}-${domain}-data`;
      const targets = {
        secrets: [`${network}:InterfaceEndpointssecretsendpointGroupId`, 443],
        queues: [`${network}:InterfaceEndpointsqueuesendpointGroupId`, 443],
        metrics: [`${network}:InterfaceEndpointsmetricsendpointGroupId`, 443],
        tome: [`${network}:InterfaceEndpointstomeendpointGroupId`, 443],
        proxy: ['ProxyProxyGroup.GroupId', 5432],
        cluster: [`${data}:DatabaseClusterGroupGroupId`, 5432],
      } as const;
      const rule = (from: string, to: string, port: number) => `${from} to ${to} on ${port}`;
      const opened = Object.entries(targets).map(([name, [group, port]]) =>
        rule(`Clients${name}.GroupId`, group, port),
      );
      const expected = [...opened, rule('ProxyProxyGroup.GroupId', ...targets.cluster)].sort();
      const outbound = environment
        .all('AWS::EC2::SecurityGroupEgress', stack)
        .map(({ properties: { GroupId, DestinationSecurityGroupId, FromPort } }) =>
          rule(GroupId, DestinationSecurityGroupId, FromPort),
        );
      const inbound = environment
        .all('AWS::EC2::SecurityGroupIngress', stack)
        .map(({ properties: { GroupId, SourceSecurityGroupId, FromPort } }) =>
          rule(SourceSecurityGroupId, GroupId, FromPort),
        );
      expect(outbound.sort()).toEqual(expected);
      expect(inbound.sort()).toEqual(expected);
    },
  );

  // Lambda removes the network interfaces of a deleted function with the rights of its role.
  test.each(Object.keys(domains))(
    'deleting the domain %s deletes the groups of a function before its role and policy',
    (domain) => {
      const stack = `${name}-${domain}-service`;
      const groups = environment.all('AWS::EC2::SecurityGroup', stack);
      for (const functionName of functionNames()) {
        const id = `Functions${functionName.replaceAll('-', '')}`;
        const { properties, dependsOn } = environment.one('AWS::Lambda::Function', stack, `${id}Function`);
        for (const groupId of properties.VpcConfig.SecurityGroupIds) {
          const group = groups.find((candidate) => `${candidate.id}.GroupId` === groupId);
          expect([id, groupId, group?.dependsOn]).toEqual([
            id,
            groupId,
            expect.arrayContaining([`${id}Policy`, `${id}Role`]),
          ]);
          expect(dependsOn).toContain(group?.id);
        }
      }
    },
  );

  test('an interface endpoint permits only the actions that the functions need', () => {
    const endpoints = environment.all('AWS::EC2::VPCEndpoint');
    const permitted = Object.fromEntries(
      endpoints.map(({ properties }) => [
        properties.ServiceName,
        properties.PolicyDocument?.Statement.map(({ Action }: { Action: unknown }) => Action),
      ]),
    );
    expect(permitted).toEqual({
      'com.amazonaws.us-east-1.secretsmanager': ['secretsmanager:GetSecretValue'],
      'com.amazonaws.us-east-1.sqs': ['sqs:SendMessage'],
      'com.amazonaws.us-east-1.monitoring': ['cloudwatch:PutMetricData'],
      // The owners of TOME control access to their endpoint service.
      [tome.privateLinkService]: undefined,
    });
    for (const { properties } of endpoints) {
      expect(properties.PrivateDnsEnabled).toBe(true);
      expect(properties.SecurityGroupIds).toHaveLength(1);
    }
  });

  test.each(Object.keys(domains))(
    'the database of %s is private, in at least two zones, requires TLS and logs no values',
    (domain) => {
      const stack = `${name}-${domain}-data`;
      const instances = environment.all('AWS::RDS::DBInstance', stack).map(({ properties }) => properties);
      expect(instances.filter(({ PubliclyAccessible }) => PubliclyAccessible !== false)).toEqual([]);
      expect(new Set(instances.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(instances.length);
      expect(instances.length).toBeGreaterThan(1);
      // An automatic upgrade would exceed the version that the template names.
      expect(instances.filter(({ AutoMinorVersionUpgrade }) => AutoMinorVersionUpgrade !== false)).toEqual([]);
      expect(environment.one('AWS::RDS::DBClusterParameterGroup', stack).properties.Parameters).toEqual({
        'rds.force_ssl': '1',
        log_statement: 'none',
        log_error_verbosity: 'terse',
        log_parameter_max_length: '0',
        log_parameter_max_length_on_error: '0',
        log_min_duration_statement: '1000',
      });
      expect(environment.one('AWS::RDS::DBProxy', `${name}-${domain}-service`).properties).toMatchObject({
        DefaultAuthScheme: 'IAM_AUTH',
        RequireTLS: true,
        DebugLogging: false,
      });
      expect(environment.one('AWS::RDS::DBProxy', `${name}-${domain}-service`).properties).not.toHaveProperty('Auth');
      expect(environment.one('AWS::RDS::DBCluster', stack).properties).toMatchObject({
        EnableIAMDatabaseAuthentication: true,
        DatabaseInsightsMode: 'standard',
        PerformanceInsightsEnabled: true,
      });
    },
  );
});
