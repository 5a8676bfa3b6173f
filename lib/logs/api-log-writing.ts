import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeApiLogWriting } from '../checks/acknowledgements.ts';

/**
 * The role with which API Gateway writes logs. AWS has one setting for each account and region.
 * API Gateway tests the role by creating the log group `/aws/apigateway/welcome`. Role and setting
 * remain when the stack is deleted, because other APIs of the account also write logs with them.
 */
export class ApiLogWriting extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    const logGroups = `arn:${partition}:logs:${region}:${account}:log-group:*`;
    const writing = new ManagedPolicy(this, 'Writing', {
      description: 'Permits API Gateway to write its logs.',
      statements: [
        new PolicyStatement({
          actions: [
            'logs:CreateLogGroup',
            'logs:CreateLogStream',
            'logs:DescribeLogGroups',
            'logs:DescribeLogStreams',
            'logs:PutLogEvents',
            'logs:GetLogEvents',
            'logs:FilterLogEvents',
          ],
          resources: [logGroups],
        }),
      ],
    });
    acknowledgeApiLogWriting(writing, logGroups);
    const role = new Role(this, 'Role', {
      // No condition on the account: API Gateway does not send the account when it assumes the
      // role, so a condition would deny it.
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [writing],
    });
    const setting = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    for (const shared of [writing, role, setting]) shared.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}
