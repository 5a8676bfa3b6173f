import { expect, test } from 'vitest';
import { type Resource, synthesized } from './synthesized-environment.ts';

/** The properties that a snapshot shows for each type. Other tests assert the rest. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGateway::Method': ['HttpMethod', 'AuthorizationType', 'OperationName'],
  'AWS::ApiGateway::Resource': ['PathPart'],
  'AWS::ApiGateway::RestApi': ['Name', 'SecurityPolicy', 'EndpointAccessMode'],
  'AWS::ApiGateway::Stage': ['StageName', 'TracingEnabled'],
  'AWS::CloudWatch::Alarm': ['AlarmName', 'Threshold', 'EvaluationPeriods', 'TreatMissingData'],
  'AWS::CodeDeploy::DeploymentGroup': ['DeploymentConfigName'],
  'AWS::EC2::Subnet': ['AvailabilityZone', 'CidrBlock'],
  'AWS::EC2::SecurityGroup': ['GroupDescription'],
  'AWS::EC2::SecurityGroupEgress': ['FromPort', 'DestinationSecurityGroupId'],
  'AWS::EC2::SecurityGroupIngress': ['FromPort', 'SourceSecurityGroupId'],
  'AWS::EC2::VPC': ['CidrBlock'],
  'AWS::EC2::VPCEndpoint': ['ServiceName'],
  'AWS::KMS::Key': ['EnableKeyRotation'],
  'AWS::Lambda::Function': ['FunctionName', 'Runtime', 'MemorySize', 'Timeout', 'ReservedConcurrentExecutions'],
  'AWS::Lambda::Permission': ['Principal'],
  'AWS::Logs::LogGroup': ['LogGroupName', 'RetentionInDays'],
  'AWS::RDS::DBCluster': [
    'Engine',
    'EngineVersion',
    'BackupRetentionPeriod',
    'DeletionProtection',
    'ServerlessV2ScalingConfiguration',
  ],
  'AWS::RDS::DBClusterParameterGroup': ['Parameters'],
  'AWS::RDS::DBInstance': ['DBInstanceClass', 'AvailabilityZone', 'PromotionTier'],
  'AWS::RDS::DBProxy': ['DefaultAuthScheme', 'RequireTLS', 'IdleClientTimeout'],
  'AWS::SNS::Topic': ['TopicName'],
  'AWS::SNS::Subscription': ['Protocol'],
  'AWS::SQS::Queue': ['QueueName', 'MessageRetentionPeriod', 'VisibilityTimeout'],
  'AWS::Scheduler::Schedule': ['ScheduleExpression'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::WAFv2::WebACL': ['Scope', 'DefaultAction'],
};

/** Types that CDK derives from other resources. Their lines would not help a reviewer. */
const OMITTED = new Set([
  'AWS::CDK::Metadata',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::ApiGateway::Deployment',
]);

function lineOf({ id, type, properties, deletionPolicy }: Resource): string {
  const shown = (SHOWN[type] ?? []).flatMap((name) =>
    properties[name] === undefined ? [] : [`${name}=${JSON.stringify(properties[name]).replaceAll('"', '')}`],
  );
  const kept = deletionPolicy === undefined || deletionPolicy === 'Delete' ? [] : [`[${deletionPolicy}]`];
  return [type.replace('AWS::', ''), id, ...shown, ...kept].join(' ');
}

test.each([
  ['prod', 'prod-network'],
  ['prod', 'prod-card-data'],
  ['prod', 'prod-card-service'],
  ['prod', 'prod-card-observability'],
  ['prod', 'prod-program-data'],
  ['prod', 'prod-program-service'],
  ['prod', 'prod-program-observability'],
  ['local', 'local-card-data'],
  ['local', 'local-card-service'],
  ['local', 'local-card-observability'],
] as const)('in the environment %s the resources of the stack %s match the reviewed snapshot', async (name, stack) => {
  const lines = synthesized(name)
    .resources.filter((resource) => resource.stack === stack && !OMITTED.has(resource.type))
    .map(lineOf)
    .sort();
  expect(lines.length).toBeGreaterThan(1);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`snapshots/${stack}.txt`);
});
