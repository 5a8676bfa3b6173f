import { FlowLogDestination, FlowLogTrafficType, IpAddresses, type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledgeNamedZones } from '../checks/acknowledgements.ts';
import type { AwsEnvironment } from '../environments/environment.ts';
import { MOST_ZONES } from '../environments/zones.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';

export interface NetworkProps {
  readonly environment: AwsEnvironment;
  readonly key: IKey;
}

/**
 * A VPC with isolated subnets in every zone. It has no internet gateway, NAT gateway or peering:
 * traffic leaves only through an interface endpoint.
 */
export class Network extends Construct {
  readonly vpc: IVpc;

  constructor(scope: Construct, id: string, { environment, key }: NetworkProps) {
    super(scope, id);
    // A quarter of the network for each zone, however many it has: an added zone gets the next
    // range.
    const subnetMask = Number(environment.vpcCidr.split('/')[1]) + 2;
    // Under exactOptionalPropertyTypes, CDK's class Vpc does not match its interface IVpc.
    this.vpc = new Vpc(this, 'Vpc', {
      vpcName: environment.name,
      ipAddresses: IpAddresses.cidr(environment.vpcCidr),
      availabilityZones: [...environment.availabilityZones],
      natGateways: 0,
      createInternetGateway: false,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: subnetMask }],
      reservedAzs: MOST_ZONES - environment.availabilityZones.length,
    }) as IVpc;
    acknowledgeNamedZones(this);
    const logGroup = new EncryptedLogGroup(this, 'FlowLogs', {
      environment,
      key,
      name: `/card-tokenization-pool/${environment.name}/flow-logs`,
    });
    const writing = new ManagedPolicy(this, 'FlowLogWriting', {
      description: 'Permits VPC Flow Logs to write to the log group.',
      statements: [
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
          resources: [logGroup.logGroupArn],
        }),
      ],
    });
    const role = new Role(this, 'FlowLogRole', {
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': environment.account } },
      }),
      managedPolicies: [writing],
    });
    this.vpc.addFlowLog('All', {
      destination: FlowLogDestination.toCloudWatchLogs(logGroup, role.withoutPolicyUpdates()),
      trafficType: FlowLogTrafficType.ALL,
    });
  }
}
