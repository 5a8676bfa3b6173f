import { Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeApiLogWriting } from '../checks/acknowledgements.ts';

/** API Gateway's right to write logs, which an account has once in each region. It tries the right out by a log group `/aws/apigateway/welcome` of its own. */
export class ApiLogWriting extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    const logGroups = `arn:${partition}:logs:${region}:${account}:log-group:*`;
    const writing = new ManagedPolicy(this, 'Writing', {
      description: "Writing API Gateway's logs.",
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
      // Without a condition on the account: API Gateway does not say for which one it assumes a role, and would be refused.
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [writing],
    });
    new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
  }
}
