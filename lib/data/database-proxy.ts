import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { DataProtectionPolicy } from 'aws-cdk-lib/aws-logs';
import {
  DefaultAuthScheme,
  type IDatabaseCluster,
  ProxyTarget,
  DatabaseCluster as RdsCluster,
  DatabaseProxy as RdsProxy,
} from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { databaseRoles } from '../../lambdas/database-roles.ts';
import type { AwsEnvironment } from '../environments/environment.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import type { TargetGroup } from '../network/client-groups.ts';
import { DATABASE_PORT, type Database } from './database.ts';

export interface DatabaseProxyProps {
  readonly environment: AwsEnvironment;
  readonly name: string;
  readonly vpc: IVpc;
  readonly key: IKey;
  readonly database: Database;
  readonly logProtection: DataProtectionPolicy;
}

/**
 * RDS Proxy, which shares the database's connections between functions. Both connections, to the
 * proxy and to the database, use TLS and IAM, so there is no password.
 *
 * The proxy holds no data and belongs to the stack of the functions. It is replaced when its
 * subnets change: CloudFormation creates the new proxy, gives the functions its address and deletes
 * the old one. Across two stacks that is impossible, because an address that is imported cannot
 * change.
 */
export class DatabaseProxy extends Construct {
  readonly name: string;
  readonly endpoint: string;
  /** The resource id `prx-...`, which the policies of functions name. */
  readonly resourceId: string;
  readonly target: TargetGroup;

  constructor(
    scope: Construct,
    id: string,
    { environment, name, vpc, key, database, logProtection: protection }: DatabaseProxyProps,
  ) {
    super(scope, id);
    const stack = Stack.of(this);
    this.name = proxyNameOf(name, environment.availabilityZones);
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
              resource: `dbuser:${database.resourceId}`,
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
      name: `/aws/rds/proxy/${this.name}`,
      protection,
    });
    const proxy = new RdsProxy(this, 'Proxy', {
      dbProxyName: this.name,
      proxyTarget: ProxyTarget.fromCluster(this.#clusterOf(database)),
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
    this.target = { group: proxyGroup, port: DATABASE_PORT };
  }

  /** The cluster as seen from this stack, so that the rule of the cluster's group belongs to it. */
  #clusterOf({ cluster, engine, target }: Database): IDatabaseCluster {
    return RdsCluster.fromDatabaseClusterAttributes(this, 'Cluster', {
      clusterIdentifier: cluster.clusterIdentifier,
      engine,
      port: target.port,
      securityGroups: [SecurityGroup.fromSecurityGroupId(this, 'ClusterGroup', target.group.securityGroupId)],
    });
  }
}

/**
 * The name contains the zones, such as `dev-card-a-b`. The proxy is replaced when a zone is added.
 * While the old and the new one exist, they need different names.
 */
const proxyNameOf = (name: string, zones: readonly string[]): string =>
  [name, ...zones.map((zone) => zone.slice(-1))].join('-');
