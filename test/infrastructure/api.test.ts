import { describe, expect, test } from 'vitest';
import { routesIn } from '../../lambdas/api/routes.ts';
import { vocabularyOfDomain } from '../../lambdas/vocabulary.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

const SERVICES = ENVIRONMENT_NAMES.flatMap((name) =>
  Object.keys(ENVIRONMENTS[name].domains).map((domain) => [`${name}-${domain}-service`, name, domain] as const),
);

/** All conditions in which API Gateway answers itself, with its default text unless we set one. */
const CONDITIONS = [
  'ACCESS_DENIED',
  'API_CONFIGURATION_ERROR',
  'AUTHORIZER_CONFIGURATION_ERROR',
  'AUTHORIZER_FAILURE',
  'BAD_REQUEST_BODY',
  'BAD_REQUEST_PARAMETERS',
  'DEFAULT_4XX',
  'DEFAULT_5XX',
  'EXPIRED_TOKEN',
  'INTEGRATION_FAILURE',
  'INTEGRATION_TIMEOUT',
  'INVALID_API_KEY',
  'INVALID_SIGNATURE',
  'MISSING_AUTHENTICATION_TOKEN',
  'QUOTA_EXCEEDED',
  'REQUEST_TOO_LARGE',
  'RESOURCE_NOT_FOUND',
  'THROTTLED',
  'UNAUTHORIZED',
  'UNSUPPORTED_MEDIA_TYPE',
  'WAF_FILTERED',
];
const PROBLEM_FIELDS = ['code', 'correlationId', 'detail', 'status', 'title', 'type'];

describe.each(SERVICES)('%s', (stack, name, domain) => {
  const routes = routesIn(vocabularyOfDomain(domain));
  const environment = synthesized(name);
  const isOnAws = ENVIRONMENTS[name].kind === 'aws';
  const stage = environment.one('AWS::ApiGateway::Stage', stack);

  test('every API method is a route, requires IAM authentication and validates the body', () => {
    const methods = environment.all('AWS::ApiGateway::Method', stack);
    expect(methods.map(({ properties }) => String(properties.OperationName)).sort()).toEqual(
      routes.map(({ operation }) => operation).sort(),
    );
    for (const { properties } of methods) {
      expect(properties.AuthorizationType).toBe('AWS_IAM');
      expect(properties.RequestValidatorId).toBe('ApiRestApiBody');
      expect(properties.Integration).toMatchObject({
        Type: 'AWS_PROXY',
        Uri: expect.stringContaining('FunctionAliaslive/invocations'),
      });
      const route = routes.find(({ operation }) => operation === properties.OperationName);
      expect(properties.RequestModels === undefined).toBe(route?.request === null);
    }
    expect(environment.one('AWS::ApiGateway::RequestValidator', stack).properties).toMatchObject({
      ValidateRequestBody: true,
    });
  });

  test('a request model requires the field as a string and has no rule that makes API Gateway quote its value', () => {
    const models = environment.all('AWS::ApiGateway::Model', stack);
    expect(models).toHaveLength(routes.filter(({ request }) => request !== null).length);
    for (const { properties } of models) {
      const { type, required, properties: fields, $schema: _dialect, ...others } = properties.Schema;
      expect(type).toBe('object');
      expect(required).toHaveLength(1);
      expect(fields).toEqual({ [required[0]]: { type: 'string' } });
      expect(others).toEqual({});
    }
  });

  test('API Gateway’s own answers quote nothing of the request', () => {
    const answers = environment.all('AWS::ApiGateway::GatewayResponse', stack);
    expect(answers.length).toBeGreaterThan(4);
    const text = JSON.stringify(answers.map(({ properties }) => properties));
    expect([...new Set(text.match(/\$(context|input|stageVariables)\.[\w.]+/g))]).toEqual(['$context.requestId']);
    expect(answers.map(({ properties }) => String(properties.ResponseType)).sort()).toEqual(CONDITIONS.toSorted());
    for (const { properties } of answers) {
      const { 'application/json': template, ...others } = properties.ResponseTemplates;
      expect(others).toEqual({});
      expect(Object.keys(JSON.parse(template)).sort()).toEqual(PROBLEM_FIELDS);
      expect(JSON.parse(template).status).toBe(Number(properties.StatusCode));
      const headers = properties.ResponseParameters;
      expect(headers['gatewayresponse.header.Content-Type']).toBe("'application/problem+json'");
      expect(headers['gatewayresponse.header.X-Correlation-Id']).toBe('context.requestId');
      const isTemporary = ['429', '503'].includes(properties.StatusCode);
      expect(headers['gatewayresponse.header.Retry-After'] !== undefined).toBe(isTemporary);
    }
  });

  test('each method has the throttling limits of its route, and the logging of the stage', () => {
    const settings = stage.properties.MethodSettings;
    for (const { method, path, row } of routes) {
      const found = settings.find(
        ({ HttpMethod, ResourcePath }: { HttpMethod: string; ResourcePath: string }) =>
          HttpMethod === method && ResourcePath === `/${path.replaceAll('/', '~1')}`,
      );
      expect(found).toMatchObject({
        ThrottlingRateLimit: row.throttle.ratePerSecond,
        ThrottlingBurstLimit: row.throttle.burst,
        LoggingLevel: 'ERROR',
        MetricsEnabled: true,
        DataTraceEnabled: false,
      });
    }
  });

  test('the access log has caller, resource and status but no body; data tracing is off', () => {
    const { AccessLogSetting, MethodSettings } = stage.properties;
    expect(Object.keys(JSON.parse(AccessLogSetting.Format)).sort()).toEqual([
      'account',
      'caller',
      'extendedRequestId',
      'functionRequestId',
      'latencyMs',
      'method',
      'requestId',
      'resource',
      'sourceIp',
      'status',
      'time',
    ]);
    // By both, a line is found in the log of the function.
    expect(JSON.parse(AccessLogSetting.Format)).toMatchObject({
      requestId: '$context.requestId',
      functionRequestId: '$context.awsEndpointRequestId',
    });
    expect(AccessLogSetting.Format).not.toMatch(/body|input|authorizer|path\b(?<!resourcePath)/i);
    expect(
      MethodSettings.filter(({ DataTraceEnabled }: { DataTraceEnabled?: boolean }) => DataTraceEnabled !== false),
    ).toEqual([]);
    expect(MethodSettings[0]).toMatchObject({ HttpMethod: '*', LoggingLevel: 'ERROR' });
  });

  test('the execution log of API Gateway exists before the stage, and is masked on AWS', () => {
    const log = environment.one('AWS::Logs::LogGroup', stack, 'ApiErrorLog');
    expect(log.properties.LogGroupName).toBe('API-Gateway-Execution-Logs_ApiRestApi/live');
    expect(stage.dependsOn).toContain('ApiErrorLog');
    expect(log.properties.DataProtectionPolicy === undefined).toBe(!isOnAws);
  });

  test.runIf(isOnAws)('the API requires strong TLS and a WAF, whose log contains no bodies', () => {
    expect(environment.one('AWS::ApiGateway::RestApi', stack).properties).toMatchObject({
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      EndpointAccessMode: 'STRICT',
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
    expect(environment.one('AWS::WAFv2::WebACLAssociation', stack).properties).toEqual({
      ResourceArn: expect.stringMatching(/restapis\/ApiRestApi\/stages\/ApiRestApiDeploymentStagelive$/),
      WebACLArn: 'FirewallAcl.Arn',
    });
    const { DataProtectionConfig, Rules, VisibilityConfig } = environment.one('AWS::WAFv2::WebACL', stack).properties;
    expect(DataProtectionConfig.DataProtections).toEqual([{ Field: { FieldType: 'BODY' }, Action: 'SUBSTITUTION' }]);
    expect([VisibilityConfig, ...Rules.map((rule: { VisibilityConfig: object }) => rule.VisibilityConfig)]).toEqual(
      Array.from({ length: Rules.length + 1 }, () => expect.objectContaining({ SampledRequestsEnabled: false })),
    );
    const { LogDestinationConfigs, RedactedFields } = environment.one(
      'AWS::WAFv2::LoggingConfiguration',
      stack,
    ).properties;
    expect(LogDestinationConfigs).toEqual([expect.stringMatching(/:log-group:FirewallLog$/)]);
    const redacted = RedactedFields.map((field: { SingleHeader?: { Name: string } }) =>
      field.SingleHeader === undefined ? Object.keys(field)[0] : field.SingleHeader.Name,
    );
    expect(redacted.sort()).toEqual([
      'QueryString',
      'UriPath',
      'authorization',
      'idempotency-key',
      'x-amz-content-sha256',
      'x-amz-security-token',
      'x-correlation-id',
    ]);
    const groups = Rules.flatMap(
      (rule: { Statement: { ManagedRuleGroupStatement?: object } }) => rule.Statement.ManagedRuleGroupStatement ?? [],
    );
    // Signed requests of programs need no user agent. All other rules of both groups block.
    expect(groups).toEqual([
      {
        VendorName: 'AWS',
        Name: 'AWSManagedRulesCommonRuleSet',
        RuleActionOverrides: [{ Name: 'NoUserAgent_HEADER', ActionToUse: { Count: {} } }],
      },
      { VendorName: 'AWS', Name: 'AWSManagedRulesKnownBadInputsRuleSet', RuleActionOverrides: [] },
    ]);
    const limits = Rules.flatMap(
      (rule: { Statement: { RateBasedStatement?: object } }) => rule.Statement.RateBasedStatement ?? [],
    );
    expect(limits.map(({ AggregateKeyType }: { AggregateKeyType: string }) => AggregateKeyType)).toEqual([
      'IP',
      'CUSTOM_KEYS',
    ]);
  });
});
