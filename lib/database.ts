import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import { HostedRotation, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeProxyPort, acknowledgeUnprotectedDatabase } from './checks/acknowledgements.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { AwsEnvironment } from './environment.ts';

export interface DatabaseProps {
  readonly environment: AwsEnvironment;
  readonly name: string;
  readonly vpc: IVpc;
  readonly key: IKey;
  /** Lets the rotation of the administrator's password reach Secrets Manager. */
  readonly secretsClients: ISecurityGroup;
}

export const DATABASE_NAME = 'pool';
export const DATABASE_PORT = 5432;
const EXCLUDED_FROM_PASSWORDS = ' %+~`#$&*()|[]{}:;<>?!\'/@"\\';

/** Aurora PostgreSQL, a writer and readers in several zones, encrypted, backed up, TLS only, sign-in by IAM. */
export class Database extends Construct {
  readonly cluster: DatabaseCluster;
  readonly administratorSecret: ISecret;
  /** Members reach the cluster itself, past the proxy. */
  readonly clusterClients: ISecurityGroup;

  constructor(scope: Construct, id: string, { environment, name, vpc, key, secretsClients }: DatabaseProps) {
    super(scope, id);
    const { aurora } = environment;
    const removalPolicy = environment.name === 'prod' ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY;
    const engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 });
    const group = (groupId: string, description: string) =>
      new SecurityGroup(this, groupId, { vpc, description, allowAllOutbound: false });
    const clusterGroup = group('ClusterGroup', 'The cluster');
    const logs = new EncryptedLogGroup(this, 'Logs', {
      environment,
      key,
      name: `/aws/rds/cluster/${name}/postgresql`,
    });
    const instance = {
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: key,
      autoMinorVersionUpgrade: true,
      publiclyAccessible: false,
    };
    this.cluster = new DatabaseCluster(this, 'Cluster', {
      engine,
      clusterIdentifier: name,
      defaultDatabaseName: DATABASE_NAME,
      port: DATABASE_PORT,
      credentials: Credentials.fromGeneratedSecret('pool_administrator', {
        secretName: `${name}/database/administrator`,
        encryptionKey: key,
        excludeCharacters: EXCLUDED_FROM_PASSWORDS,
      }),
      writer: ClusterInstance.serverlessV2('writer', instance),
      readers: Array.from({ length: aurora.readers }, (_, index) =>
        // The first follows the writer's size, so that it can take over at full load.
        ClusterInstance.serverlessV2(`reader${index + 1}`, { ...instance, scaleWithWriter: index === 0 }),
      ),
      serverlessV2MinCapacity: aurora.minAcu,
      serverlessV2MaxCapacity: aurora.maxAcu,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [clusterGroup],
      storageEncrypted: true,
      storageEncryptionKey: key,
      iamAuthentication: true,
      backup: { retention: Duration.days(aurora.backupDays), preferredWindow: '03:00-04:00' },
      preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
      copyTagsToSnapshot: true,
      deletionProtection: aurora.deletionProtection,
      cloudwatchLogsExports: ['postgresql'],
      parameterGroup: new ParameterGroup(this, 'Parameters', { engine, parameters: PARAMETERS }),
      removalPolicy,
    });
    this.cluster.node.addDependency(logs);
    acknowledgeProxyPort(clusterGroup);
    if (!aurora.deletionProtection) acknowledgeUnprotectedDatabase(this.cluster);
    this.administratorSecret = this.cluster.secret as ISecret;

    const rotation = group('RotationGroup', 'The rotation of the password of the administrator');
    rotation.connections.allowTo(this.cluster, Port.tcp(DATABASE_PORT), 'A new password is set and tried');
    this.administratorSecret.addRotationSchedule('Rotation', {
      hostedRotation: HostedRotation.postgreSqlSingleUser({
        functionName: `${name}-rotate-administrator`,
        vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        securityGroups: [rotation, secretsClients],
        excludeCharacters: EXCLUDED_FROM_PASSWORDS,
      }),
      automaticallyAfter: Duration.days(30),
      rotateImmediatelyOnUpdate: false,
    });

    this.clusterClients = group('ClusterClients', 'Functions that may reach the cluster itself');
    this.clusterClients.connections.allowTo(this.cluster, Port.tcp(DATABASE_PORT), 'The cluster over TLS');
  }
}

/** TLS only, and neither statements' parameters nor whole statements in the log. */
const PARAMETERS = {
  'rds.force_ssl': '1',
  log_statement: 'none',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_min_duration_statement: '1000',
};
