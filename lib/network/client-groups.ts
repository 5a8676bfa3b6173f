import { type ISecurityGroup, type IVpc, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/** What functions can reach from their subnets. */
export type Target = 'secrets' | 'queues' | 'metrics' | 'tome' | 'proxy' | 'cluster';

/** The security group of a target, and the port on which it accepts connections. */
export interface TargetGroup {
  readonly group: ISecurityGroup;
  readonly port: number;
}

export interface ClientGroupsProps {
  readonly vpc: IVpc;
  readonly targets: Readonly<Record<Target, TargetGroup>>;
  /** Only for a domain whose functions get tokens from another server than TOME. */
  readonly authorization: TargetGroup | undefined;
}

/**
 * A security group for each target. A function must be in the group to reach the target. The groups
 * belong to the stack of the functions, so that the stack can be deleted as a whole
 * (lib/functions/token-function.ts).
 */
export class ClientGroups extends Construct {
  readonly groups: Readonly<Record<Target, ISecurityGroup>>;
  readonly authorization: ISecurityGroup | undefined;

  constructor(scope: Construct, id: string, { vpc, targets, authorization }: ClientGroupsProps) {
    super(scope, id);
    const groupFor = (name: string, { group, port }: TargetGroup): ISecurityGroup => {
      const clients = new SecurityGroup(this, name, {
        vpc,
        description: `Functions that may reach ${name}`,
        allowAllOutbound: false,
      });
      clients.connections.allowTo(group, Port.tcp(port), `${name} over TLS`);
      return clients;
    };
    this.groups = {
      secrets: groupFor('secrets', targets.secrets),
      queues: groupFor('queues', targets.queues),
      metrics: groupFor('metrics', targets.metrics),
      tome: groupFor('tome', targets.tome),
      proxy: groupFor('proxy', targets.proxy),
      cluster: groupFor('cluster', targets.cluster),
    };
    this.authorization = authorization === undefined ? undefined : groupFor('authorization', authorization);
  }
}
