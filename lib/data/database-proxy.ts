import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { DataProtectionPolicy } from 'aws-cdk-lib/aws-logs';
import { type DatabaseCluster, DefaultAuthScheme, ProxyTarget, DatabaseProxy as RdsProxy } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { databaseRoles } from '../../lambdas/database-roles.ts';
import type { AwsEnvironment } from '../environments/environment.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import { DATABASE_PORT } from './database.ts';

export interface DatabaseProxyProps {
  readonly environment: AwsEnvironment;
  readonly name: string;
  readonly vpc: IVpc;
  readonly key: IKey;
  readonly cluster: DatabaseCluster;
  readonly logProtection: DataProtectionPolicy;
}

/**
 * RDS Proxy, which shares the database's connections between functions. Both connections, to the
 * proxy and to the database, use TLS and IAM, so there is no password.
 */
export class DatabaseProxy extends Construct {
  readonly endpoint: string;
  /** The resource id `prx-...`, which the policies of functions name. */
  readonly resourceId: string;
  /** The security group of functions that may connect to the proxy. */
  readonly clients: ISecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    { environment, name, vpc, key, cluster, logProtection: protection }: DatabaseProxyProps,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    const proxyGroup = new SecurityGroup(this, 'ProxyGroup', {
      vpc,
      description: 'The proxy',
      allowAllOutbound: false,
    });

    const connecting = new ManagedPolicy(this, 'Connecting', {
      description: "Signing in to the database as each function's role.",
      statements: [
        new PolicyStatement({
          actions: ['rds-db:connect'],
          resources: databaseRoles().map(({ role: resourceName }) =>
            stack.formatArn({
              service: 'rds-db',
              resource: `dbuser:${cluster.clusterResourceIdentifier}`,
              resourceName,
            }),
          ),
        }),
      ],
    });
    const role = new Role(this, 'Role', {
      // No condition, as in the documentation of RDS. With a condition that RDS does not meet, the
      // proxy could not connect at all.
      assumedBy: new ServicePrincipal('rds.amazonaws.com'),
      managedPolicies: [connecting],
    });
    const logs = new EncryptedLogGroup(this, 'Logs', {
      environment,
      key,
      name: `/aws/rds/proxy/${name}`,
      protection,
    });
    const proxy = new RdsProxy(this, 'Proxy', {
      dbProxyName: name,
      proxyTarget: ProxyTarget.fromCluster(cluster),
      defaultAuthScheme: DefaultAuthScheme.IAM_AUTH,
      requireTLS: true,
      role: role.withoutPolicyUpdates(),
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [proxyGroup],
      // Longer than a request's statement may take, so waiting longer would not help the request.
      borrowTimeout: Duration.seconds(3),
      idleClientTimeout: Duration.minutes(10),
      debugLogging: false,
    });
    proxy.node.addDependency(logs, connecting);
    this.endpoint = proxy.endpoint;
    this.resourceId = stack.splitArn(proxy.dbProxyArn, ArnFormat.COLON_RESOURCE_NAME).resourceName ?? '';
    this.clients = new SecurityGroup(this, 'ProxyClients', {
      vpc,
      description: 'Functions that may reach the database through the proxy',
      allowAllOutbound: false,
    });
    this.clients.connections.allowTo(proxyGroup, Port.tcp(DATABASE_PORT), 'The proxy over TLS');
  }
}
