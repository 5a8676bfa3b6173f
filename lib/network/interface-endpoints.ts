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

export interface ServiceDoorsProps {
  readonly environment: AwsEnvironment;
  readonly vpc: IVpc;
}

/** What functions can reach outside their subnets. */
export type Door = 'secrets' | 'queues' | 'metrics' | 'tome';

/** The AWS services behind the doors, and what may be asked of them through these doors by this account. */
const SERVICES = {
  secrets: {
    service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    actions: ['secretsmanager:GetSecretValue'],
  },
  queues: { service: InterfaceVpcEndpointAwsService.SQS, actions: ['sqs:SendMessage'] },
  metrics: { service: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING, actions: ['cloudwatch:PutMetricData'] },
} as const;

/**
 * One interface endpoint for each service that functions need, TOME's by PrivateLink. Each admits only members of its own group of
 * clients, on 443, so that who reaches what follows from the table of rights.
 */
export class ServiceDoors extends Construct {
  /** The security group that lets its members through a door, and nowhere else. */
  readonly clients: Readonly<Record<Door, ISecurityGroup>>;

  constructor(scope: Construct, id: string, { environment, vpc }: ServiceDoorsProps) {
    super(scope, id);
    const open = (door: Door, service: IInterfaceVpcEndpointService) => {
      const endpointGroup = new SecurityGroup(this, `${door}-endpoint`, {
        vpc,
        description: `The endpoint of ${door}`,
        allowAllOutbound: false,
      });
      const clients = new SecurityGroup(this, `${door}-clients`, {
        vpc,
        description: `Functions that may reach ${door}`,
        allowAllOutbound: false,
      });
      clients.connections.allowTo(endpointGroup, Port.tcp(443), `${door} over TLS`);
      const endpoint = vpc.addInterfaceEndpoint(`${environment.name}-${door}`, {
        service,
        privateDnsEnabled: true,
        open: false,
        securityGroups: [endpointGroup],
      });
      return { clients, endpoint };
    };
    const openAws = (door: keyof typeof SERVICES) => {
      const { clients, endpoint } = open(door, SERVICES[door].service);
      endpoint.addToPolicy(
        new PolicyStatement({
          principals: [new AccountPrincipal(environment.account)],
          actions: [...SERVICES[door].actions],
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
