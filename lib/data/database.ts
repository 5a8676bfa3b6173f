import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { DataProtectionPolicy } from 'aws-cdk-lib/aws-logs';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeNamedZones, acknowledgeUnprotectedDatabase } from '../checks/acknowledgements.ts';
import type { AwsEnvironment } from '../environments/environment.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import type { TargetGroup } from '../network/client-groups.ts';

export interface DatabaseProps {
  readonly environment: AwsEnvironment;
  readonly name: string;
  readonly vpc: IVpc;
  readonly key: IKey;
  /** Masks card numbers in the log of the server. */
  readonly logProtection: DataProtectionPolicy;
}

export const DATABASE_NAME = 'pool';
export const DATABASE_PORT = 5432;

/**
 * The Aurora PostgreSQL cluster: encrypted, backed up, TLS only. The instances are spread over the
 * zones. Functions sign in with IAM; only the migration uses the administrator's password.
 */
export class Database extends Construct {
  readonly cluster: DatabaseCluster;
  readonly engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 });
  readonly administratorSecret: ISecret;
  readonly target: TargetGroup;

  constructor(scope: Construct, id: string, { environment, name, vpc, key, logProtection }: DatabaseProps) {
    super(scope, id);
    const { aurora } = environment;
    const removalPolicy = environment.isProduction ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY;
    const { engine } = this;
    const clusterGroup = new SecurityGroup(this, 'ClusterGroup', {
      vpc,
      description: 'The cluster',
      allowAllOutbound: false,
    });
    const logs = new EncryptedLogGroup(this, 'Logs', {
      environment,
      key,
      name: `/aws/rds/cluster/${name}/postgresql`,
      protection: logProtection,
    });
    const instance = {
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: key,
      autoMinorVersionUpgrade: true,
      publiclyAccessible: false,
    };
    const zones = environment.availabilityZones;
    const zoneOf = (index: number): string => zones[index % zones.length] ?? zones[0];
    this.cluster = new DatabaseCluster(this, 'Cluster', {
      engine,
      clusterIdentifier: name,
      defaultDatabaseName: DATABASE_NAME,
      port: DATABASE_PORT,
      // RDS creates the administrator's password, stores it as a secret encrypted with our key, and
      // rotates it every seven days.
      credentials: Credentials.fromUsername('pool_administrator', { encryptionKey: key }),
      manageMasterUserPassword: true,
      writer: ClusterInstance.serverlessV2('writer', { ...instance, availabilityZone: zoneOf(0) }),
      readers: Array.from({ length: aurora.readers }, (_, index) =>
        ClusterInstance.serverlessV2(`reader${index + 1}`, {
          ...instance,
          availabilityZone: zoneOf(index + 1),
          // The first reader scales with the writer, so that a failover keeps the full capacity.
          scaleWithWriter: index === 0,
        }),
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
    acknowledgeNamedZones(this.cluster);
    if (!aurora.deletionProtection) acknowledgeUnprotectedDatabase(this.cluster);
    this.administratorSecret = this.cluster.secret as ISecret;
    this.target = { group: clusterGroup, port: DATABASE_PORT };
  }
}

/**
 * Connections require TLS. The log contains neither statement parameters nor the row values of an
 * error, because they contain internal tokens. Statements that take more than one second are logged
 * without their parameters.
 */
const PARAMETERS = {
  'rds.force_ssl': '1',
  log_statement: 'none',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_min_duration_statement: '1000',
};
