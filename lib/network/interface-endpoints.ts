import {
  type IInterfaceVpcEndpointService,
  InterfaceVpcEndpointAwsService,
  InterfaceVpcEndpointService,
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environments/environment.ts';

export interface InterfaceEndpointsProps {
  readonly environment: AwsEnvironment;
  readonly vpc: IVpc;
}

/** The services that functions can reach outside their subnets. */
export type EndpointName = 'secrets' | 'queues' | 'metrics' | 'tome';

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
 * One interface endpoint for each service that functions need; TOME's is a PrivateLink endpoint. An
 * endpoint accepts connections on port 443 from the members of its client security group only.
 */
export class InterfaceEndpoints extends Construct {
  /** Client security groups. A function must be in a group to reach its endpoint. */
  readonly clients: Readonly<Record<EndpointName, ISecurityGroup>>;

  constructor(scope: Construct, id: string, { environment, vpc }: InterfaceEndpointsProps) {
    super(scope, id);
    const open = (name: EndpointName, service: IInterfaceVpcEndpointService) => {
      const endpointGroup = new SecurityGroup(this, `${name}-endpoint`, {
        vpc,
        description: `The endpoint of ${name}`,
        allowAllOutbound: false,
      });
      const clients = new SecurityGroup(this, `${name}-clients`, {
        vpc,
        description: `Functions that may reach ${name}`,
        allowAllOutbound: false,
      });
      clients.connections.allowTo(endpointGroup, Port.tcp(443), `${name} over TLS`);
      const endpoint = vpc.addInterfaceEndpoint(`${environment.name}-${name}`, {
        service,
        privateDnsEnabled: true,
        open: false,
        securityGroups: [endpointGroup],
      });
      return { clients, endpoint };
    };
    const openAws = (name: keyof typeof SERVICES) => {
      const { clients, endpoint } = open(name, SERVICES[name].service);
      endpoint.addToPolicy(
        new PolicyStatement({
          principals: [new AccountPrincipal(environment.account)],
          actions: [...SERVICES[name].actions],
          resources: ['*'],
        }),
      );
      return clients;
    };
    this.clients = {
      secrets: openAws('secrets'),
      queues: openAws('queues'),
      metrics: openAws('metrics'),
      tome: open('tome', new InterfaceVpcEndpointService(environment.tome.privateLinkService, 443)).clients,
    };
  }
}
