import { describe, expect, test } from 'vitest';
import { routeNames } from '../../lambdas/function-names.ts';
import type { AwsEnvironment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { AWS_ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

const OPERATIONS = routeNames();
const idOf = (operation: string): string => operation.replaceAll('-', '');

describe.each(AWS_ENVIRONMENT_NAMES)('%s', (name) => {
  const environment = synthesized(name);
  const { canary, domains, provisionedConcurrency } = ENVIRONMENTS[name] as AwsEnvironment;

  test.each(Object.keys(domains).flatMap((domain) => OPERATIONS.map((operation) => [domain, operation] as const)))(
    'in the domain %s alarms watch a release of %s and roll it back',
    (domain, operation) => {
      const stack = `${name}-${domain}-service`;
      const release = `Release${idOf(operation)}`;
      const group = environment.one('AWS::CodeDeploy::DeploymentGroup', stack, `${release}Deployment`).properties;
      expect(group).toMatchObject({
        DeploymentConfigName:
          canary === 'all-at-once'
            ? 'CodeDeployDefault.LambdaAllAtOnce'
            : 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
        AutoRollbackConfiguration: {
          Enabled: true,
          Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
        },
        AlarmConfiguration: {
          Enabled: true,
          Alarms: ['Errors', 'Faults', 'Latency', 'Breaker'].map((alarm) => ({ Name: `${release}${alarm}` })),
        },
      });
      const alias = environment.one('AWS::Lambda::Alias', stack, `Functions${idOf(operation)}FunctionAlias`);
      expect(alias.updatePolicy.CodeDeployLambdaAliasUpdate).toEqual({
        ApplicationName: `${release}DeploymentApplication`,
        DeploymentGroupName: `${release}Deployment`,
      });
      expect(alias.properties.ProvisionedConcurrencyConfig?.ProvisionedConcurrentExecutions ?? 0).toBe(
        provisionedConcurrency,
      );
      const version = environment.one(
        'AWS::Lambda::Version',
        stack,
        `Functions${idOf(operation)}FunctionCurrentVersion`,
      );
      // While the version of a release that was rolled back exists, Lambda does not publish its
      // code again.
      expect([version.deletionPolicy, version.updateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    },
  );

  test.each(Object.keys(domains))(
    'in the domain %s the alarms of a release count answers with status 500, not only Lambda errors',
    (domain) => {
      const stack = `${name}-${domain}-service`;
      const alarm = (id: string) =>
        environment.one('AWS::CloudWatch::Alarm', stack, `Releasecreatecard${id}`).properties;
      expect(alarm('Errors')).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Threshold: 0,
        Dimensions: [
          { Name: 'FunctionName', Value: 'FunctionscreatecardFunction' },
          { Name: 'Resource', Value: expect.stringMatching(/:live$/) },
        ],
      });
      expect(alarm('Faults')).toMatchObject({
        Namespace: `CardTokenizationPool/${domain}`,
        MetricName: 'Requests',
        Threshold: 0,
        Dimensions: expect.arrayContaining([
          { Name: 'operation', Value: 'create-card' },
          { Name: 'status', Value: '500' },
        ]),
      });
      expect(alarm('Latency')).toMatchObject({
        MetricName: 'Duration',
        ExtendedStatistic: 'p99',
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
      });
      expect(alarm('Breaker')).toMatchObject({
        Namespace: `CardTokenizationPool/${domain}`,
        MetricName: 'BreakerOpened',
      });
      for (const id of ['Errors', 'Faults', 'Breaker']) expect(alarm(id).EvaluationPeriods).toBe(1);
      for (const id of ['Errors', 'Faults', 'Latency', 'Breaker']) {
        expect(alarm(id)).toMatchObject({ Period: 60, TreatMissingData: 'notBreaching' });
        expect(alarm(id).AlarmDescription).toContain('docs/runbook.md#a-release-rolled-back');
      }
    },
  );
});

test('in uat and prod new code first gets a tenth of the calls', () => {
  for (const name of ['uat', 'prod'] as const) {
    expect(ENVIRONMENTS[name]).toMatchObject({ canary: '10-percent-5-minutes' });
    expect(synthesized(name).all('AWS::CodeDeploy::DeploymentGroup').length).toBe(2 * OPERATIONS.length);
  }
});
