import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { DataProtectionPolicy } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environments/environment.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';

export interface FirewallProps {
  readonly environment: AwsEnvironment;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly key: IKey;
  readonly restApi: RestApi;
  readonly logProtection: DataProtectionPolicy | undefined;
}

/** AWS's common rules, and a limit for each address, before the API. Its log has what was turned away, without headers that sign; it never has bodies. */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { environment, name, key, restApi, logProtection }: FirewallProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      name,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: seenAs(name),
      // A rule that finds something in a body would otherwise quote it.
      dataProtectionConfig: { dataProtections: [{ field: { fieldType: 'BODY' }, action: 'SUBSTITUTION' }] },
      rules: [
        managed('AWSManagedRulesCommonRuleSet', 0),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 1),
        {
          name: 'limit-each-address',
          priority: 2,
          action: { block: {} },
          statement: {
            rateBasedStatement: { aggregateKeyType: 'IP', limit: environment.firewallRequestsPerFiveMinutes },
          },
          visibilityConfig: seenAs('limit-each-address'),
        },
        {
          // The firewall cannot see who signed a request. A role's session can be told by its token, also among many hosts or behind
          // one address.
          name: 'limit-each-session',
          priority: 3,
          action: { block: {} },
          statement: {
            rateBasedStatement: {
              aggregateKeyType: 'CUSTOM_KEYS',
              customKeys: [
                { header: { name: 'x-amz-security-token', textTransformations: [{ priority: 0, type: 'NONE' }] } },
              ],
              limit: environment.firewallRequestsPerFiveMinutes,
            },
          },
          visibilityConfig: seenAs('limit-each-session'),
        },
      ],
    });
    // WAF writes only to groups whose names begin so.
    const log = new EncryptedLogGroup(this, 'Log', {
      environment,
      key,
      name: `aws-waf-logs-${name}`,
      protection: logProtection,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      // WAF names a log group without the `:*` that its own ARN ends with.
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: log.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      redactedFields: [
        // A caller who puts a card number into the address would find it in this log.
        { uriPath: {} },
        { queryString: {} },
        ...REDACTED_HEADERS.map((name) => ({ singleHeader: { Name: name } })),
      ],
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          { Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] },
        ],
      },
    });
    new CfnWebACLAssociation(this, 'Association', {
      resourceArn: restApi.deploymentStage.stageArn,
      webAclArn: acl.attrArn,
    });
  }
}

/**
 * What signs a request; an unkeyed hash of the body, by which card numbers can be tried out; and what callers fill as they like.
 */
const REDACTED_HEADERS = [
  'authorization',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'idempotency-key',
  'x-correlation-id',
] as const;

/** Samples would show bodies' neighbours to whoever opens the console. */
const seenAs = (metricName: string) => ({ cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false });

const managed = (name: string, priority: number) => ({
  name,
  priority,
  overrideAction: { none: {} },
  statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
  visibilityConfig: seenAs(name),
});
