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
  DatabaseInsightsMode,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import {
  acknowledgeFixedVersion,
  acknowledgeNamedZones,
  acknowledgeUnprotectedDatabase,
} from '../checks/acknowledgements.ts';
import type { AwsEnvironment, RestoredCluster } from '../environments/environment.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import type { TargetGroup } from '../network/client-groups.ts';

export interface DatabaseProps {
  readonly environment: AwsEnvironment;
  readonly name: string;
  readonly vpc: IVpc;
  readonly key: IKey;
  /** Masks card numbers in the log of the server. */
  readonly logProtection: DataProtectionPolicy;
  /** The cluster in use, if it was restored from a backup. */
  readonly restored: RestoredCluster | undefined;
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
  /** The resource id `cluster-...`, which the policy of the proxy names. */
  readonly resourceId: string;
  readonly administratorSecretArn: string;
  readonly target: TargetGroup;

  constructor(scope: Construct, id: string, { environment, name, vpc, key, logProtection, restored }: DatabaseProps) {
    super(scope, id);
    const { aurora } = environment;
    const deletionProtection = aurora.deletionProtection && environment.isFirstDeployment !== true;
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
    const insights = { enablePerformanceInsights: true, performanceInsightEncryptionKey: key };
    const instance = {
      ...insights,
      // The template names the exact version of the engine, which an automatic upgrade would
      // exceed.
      autoMinorVersionUpgrade: false,
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
      deletionProtection,
      cloudwatchLogsExports: ['postgresql'],
      ...insights,
      databaseInsightsMode: DatabaseInsightsMode.STANDARD,
      parameterGroup: new ParameterGroup(this, 'Parameters', { engine, parameters: PARAMETERS }),
      removalPolicy,
    });
    this.cluster.node.addDependency(logs);
    acknowledgeNamedZones(this.cluster);
    acknowledgeFixedVersion(this.cluster);
    if (!deletionProtection) acknowledgeUnprotectedDatabase(this.cluster);
    this.resourceId = restored?.clusterResourceId ?? this.cluster.clusterResourceIdentifier;
    this.administratorSecretArn = restored?.administratorSecretArn ?? (this.cluster.secret as ISecret).secretArn;
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
