import {
  type IInterfaceVpcEndpointService,
  InterfaceVpcEndpointAwsService,
  InterfaceVpcEndpointService,
  type IVpc,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environments/environment.ts';
import type { TargetGroup } from './client-groups.ts';

export interface InterfaceEndpointsProps {
  readonly environment: AwsEnvironment;
  readonly vpc: IVpc;
}

/** The port of every endpoint. */
const TLS_PORT = 443;

/** The AWS services, and the actions that each endpoint permits to this account. */
const SERVICES = {
  secrets: {
    service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    actions: ['secretsmanager:GetSecretValue'],
  },
  queues: { service: InterfaceVpcEndpointAwsService.SQS, actions: ['sqs:SendMessage'] },
  metrics: { service: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING, actions: ['cloudwatch:PutMetricData'] },
} as const;

/**
 * One interface endpoint for each service that functions need. Those of TOME and of the server that
 * issues its tokens are PrivateLink endpoints. An endpoint accepts connections only from the client
 * groups of the functions (client-groups.ts).
 */
export class InterfaceEndpoints extends Construct {
  readonly targets: Readonly<Record<'secrets' | 'queues' | 'metrics' | 'tome', TargetGroup>>;
  /** The server that issues OAuth 2.0 tokens, if it has an endpoint service of its own. */
  readonly authorization: TargetGroup | undefined;

  constructor(scope: Construct, id: string, { environment, vpc }: InterfaceEndpointsProps) {
    super(scope, id);
    const open = (name: string, service: IInterfaceVpcEndpointService) => {
      const group = new SecurityGroup(this, `${name}-endpoint`, {
        vpc,
        description: `The endpoint of ${name}`,
        allowAllOutbound: false,
      });
      const endpoint = vpc.addInterfaceEndpoint(`${environment.name}-${name}`, {
        service,
        privateDnsEnabled: true,
        open: false,
        securityGroups: [group],
      });
      return { target: { group, port: TLS_PORT }, endpoint };
    };
    const openAws = (name: keyof typeof SERVICES) => {
      const { target, endpoint } = open(name, SERVICES[name].service);
      endpoint.addToPolicy(
        new PolicyStatement({
          principals: [new AccountPrincipal(environment.account)],
          actions: [...SERVICES[name].actions],
          resources: ['*'],
        }),
      );
      return target;
    };
    const openPrivateLink = (name: string, service: string) =>
      open(name, new InterfaceVpcEndpointService(service, TLS_PORT)).target;
    const { privateLinkService, tokenPrivateLinkService } = environment.tome;
    this.targets = {
      secrets: openAws('secrets'),
      queues: openAws('queues'),
      metrics: openAws('metrics'),
      tome: openPrivateLink('tome', privateLinkService),
    };
    this.authorization =
      tokenPrivateLinkService === undefined ? undefined : openPrivateLink('authorization', tokenPrivateLinkService);
  }
}
