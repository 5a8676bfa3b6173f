import {
  AccessLogField,
  AccessLogFormat,
  AuthorizationType,
  type CfnRestApi,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  type RequestValidator,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type DataProtectionPolicy, FilterPattern } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type ApiRoute, routesIn } from '../../lambdas/api/routes.ts';
import type { RouteName } from '../../lambdas/functions.ts';
import type { Vocabulary } from '../../lambdas/vocabulary.ts';
import { acknowledgeApi } from '../checks/acknowledgements.ts';
import type { Consumer, Environment } from '../environments/environment.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import { forbiddenMetric } from '../observability/caller-alarms.ts';
import { API_STAGE, apiAccess } from './api-access.ts';
import { addRequestModel } from './api-models.ts';
import { addGatewayResponses } from './gateway-responses.ts';

export interface ApiProps {
  readonly environment: Environment;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly key: IKey;
  readonly vocabulary: Vocabulary;
  readonly consumers: readonly Consumer[];
  readonly handlers: Readonly<Record<RouteName, IFunction>>;
  readonly logProtection: DataProtectionPolicy | undefined;
}

/**
 * The API of one producer domain, from the same routes and schemas as the handlers. IAM authorizes
 * every request.
 */
export class Api extends Construct {
  readonly restApi: RestApi;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { environment, name, key, vocabulary, consumers, handlers, logProtection: protection } = props;
    const routes = routesIn(vocabulary);
    const accessLog = new EncryptedLogGroup(this, 'AccessLog', {
      environment,
      key,
      name: `/card-tokenization-pool/${name}/access`,
      protection,
    });
    // Counts requests that API Gateway refuses, because no function sees them.
    accessLog.addMetricFilter('Forbidden', {
      metricNamespace: forbiddenMetric(name).namespace,
      metricName: forbiddenMetric(name).metricName,
      filterPattern: FilterPattern.stringValue('$.status', '=', '403'),
      metricValue: '1',
    });
    this.restApi = new RestApi(this, 'RestApi', {
      restApiName: name,
      description: 'Card tokenization',
      endpointTypes: [EndpointType.REGIONAL],
      policy: apiAccess(consumers, vocabulary),
      cloudWatchRole: false,
      deployOptions: {
        stageName: API_STAGE,
        tracingEnabled: true,
        ...EVERY_METHOD,
        accessLogDestination: new LogGroupLogDestination(accessLog),
        accessLogFormat: ACCESS_LOG,
        throttlingRateLimit: Math.max(...routes.map(({ row }) => row.throttle.ratePerSecond)),
        throttlingBurstLimit: Math.max(...routes.map(({ row }) => row.throttle.burst)),
        methodOptions: Object.fromEntries(
          routes.map(({ method, path, row }) => [
            `${path}/${method}`,
            // The settings of a method replace those of the stage, also where they say nothing.
            {
              ...EVERY_METHOD,
              throttlingRateLimit: row.throttle.ratePerSecond,
              throttlingBurstLimit: row.throttle.burst,
            },
          ]),
        ),
      },
    });
    // API Gateway would create this log group at its first error, without key and retention.
    const errorLog = new EncryptedLogGroup(this, 'ErrorLog', {
      environment,
      key,
      name: `API-Gateway-Execution-Logs_${this.restApi.restApiId}/${API_STAGE}`,
      protection,
    });
    this.restApi.deploymentStage.node.addDependency(errorLog);
    if (environment.kind === 'aws') acceptStrongTlsOnly(this.restApi);
    const validator = this.restApi.addRequestValidator('Body', {
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    for (const route of routes) this.#addRoute(route, handlers[route.operation], validator);
    addGatewayResponses(this.restApi, vocabulary);
    acknowledgeApi(this, environment);
  }

  #addRoute(route: ApiRoute, handler: IFunction, requestValidator: RequestValidator): void {
    const { method, path, operation, request } = route;
    this.restApi.root
      .resourceForPath(path)
      .addMethod(method, new LambdaIntegration(handler, { allowTestInvoke: false }), {
        authorizationType: AuthorizationType.IAM,
        operationName: operation,
        requestValidator,
        ...(request === null
          ? {}
          : { requestModels: { 'application/json': addRequestModel(this.restApi, route, request) } }),
      });
  }
}

/** TLS 1.3, or 1.2 with forward secrecy. The default of a regional endpoint accepts TLS 1.0. */
function acceptStrongTlsOnly(restApi: RestApi): void {
  const resource = restApi.node.defaultChild as CfnRestApi;
  resource.securityPolicy = SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09;
  resource.endpointAccessMode = 'STRICT';
}

/** A data trace would log bodies, which contain card numbers. */
const EVERY_METHOD = {
  metricsEnabled: true,
  loggingLevel: MethodLoggingLevel.ERROR,
  dataTraceEnabled: false,
} as const;

/**
 * Caller, route, time and result of each request. No body, path or query. `requestId` is
 * `gatewayRequestId` in the function's log, and `functionRequestId` is the same in both.
 */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: AccessLogField.contextRequestId(),
    extendedRequestId: AccessLogField.contextExtendedRequestId(),
    functionRequestId: AccessLogField.contextAwsEndpointRequestId(),
    caller: AccessLogField.contextIdentityUserArn(),
    account: AccessLogField.contextIdentityAccountId(),
    sourceIp: AccessLogField.contextIdentitySourceIp(),
    time: AccessLogField.contextRequestTime(),
    method: AccessLogField.contextHttpMethod(),
    resource: AccessLogField.contextResourcePath(),
    status: AccessLogField.contextStatus(),
    latencyMs: AccessLogField.contextResponseLatency(),
  }),
);
