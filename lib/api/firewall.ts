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

/**
 * The web application firewall (WAF) of the API: two managed rule groups of AWS, and a request
 * limit for each address and each session. Its log contains only blocked requests, without
 * signatures, credentials and bodies.
 */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { environment, name, key, restApi, logProtection }: FirewallProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: metricsOnly(name),
      // Otherwise a rule that matches a body quotes it in the log.
      dataProtectionConfig: { dataProtections: [{ field: { fieldType: 'BODY' }, action: 'SUBSTITUTION' }] },
      rules: [
        // Callers are programs that sign with IAM. They need not name a user agent as browsers do.
        managedRules('AWSManagedRulesCommonRuleSet', 0, { counted: ['NoUserAgent_HEADER'] }),
        managedRules('AWSManagedRulesKnownBadInputsRuleSet', 1),
        {
          name: 'limit-each-address',
          priority: 2,
          action: { block: {} },
          statement: {
            rateBasedStatement: { aggregateKeyType: 'IP', limit: environment.firewallRequestsPerFiveMinutes },
          },
          visibilityConfig: metricsOnly('limit-each-address'),
        },
        {
          // WAF cannot read who signed a request. The session token identifies the session of a
          // role, even when many hosts share the session or many callers share an address.
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
          visibilityConfig: metricsOnly('limit-each-session'),
        },
      ],
    });
    // WAF writes only to log groups whose names start with `aws-waf-logs-`.
    const log = new EncryptedLogGroup(this, 'Log', {
      environment,
      key,
      name: `aws-waf-logs-${name}`,
      protection: logProtection,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      // WAF requires the ARN without the `:*` at the end of `logGroupArn`.
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: log.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      redactedFields: [
        // A caller could send a card number in the path or the query.
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
 * Signatures and credentials; the hash of the body, from which a card number can be found by trying
 * all of them; and headers whose text a caller chooses.
 */
const REDACTED_HEADERS = [
  'authorization',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'idempotency-key',
  'x-correlation-id',
] as const;

/** Sampled requests are off: the WAF console would show URIs and headers of real requests. */
const metricsOnly = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  metricName,
  sampledRequestsEnabled: false,
});

/** `counted`: rules of the group that only count the requests that they match. */
const managedRules = (name: string, priority: number, { counted = [] }: { counted?: readonly string[] } = {}) => ({
  name,
  priority,
  overrideAction: { none: {} },
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name,
      ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
    },
  },
  visibilityConfig: metricsOnly(name),
});
