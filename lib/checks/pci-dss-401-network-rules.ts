import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress, CfnSubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import type { PciRule } from './pci-dss-401-checks.ts';
import { templateValue } from './template-value.ts';

interface GroupRule {
  readonly cidrIp?: string | undefined;
  readonly cidrIpv6?: string | undefined;
}

export const NETWORK_RULES: readonly PciRule[] = [
  {
    requirement: '1.3.1 and 1.3.2',
    name: 'NoRangesOfAddresses',
    info: 'What may be reached from where must be said by security groups, not by ranges of addresses.',
    holds(node) {
      if (node instanceof CfnSecurityGroupIngress || node instanceof CfnSecurityGroupEgress) return isByGroup(node);
      if (!(node instanceof CfnSecurityGroup)) return null;
      const rules = [node.securityGroupIngress, node.securityGroupEgress].flatMap(
        (given) => (templateValue(node, given) ?? []) as readonly GroupRule[],
      );
      return rules.every(isByGroup);
    },
  },
  {
    requirement: '1.4.1',
    name: 'NoWayToTheInternet',
    info: 'The network of what handles card numbers must have no gateway to the internet.',
    holds(node) {
      if (node instanceof CfnSubnet) return node.mapPublicIpOnLaunch !== true;
      return GATEWAYS.has(node.cfnResourceType) ? false : null;
    },
  },
  {
    requirement: '1.4.4',
    name: 'DatabaseIsPrivate',
    info: 'A database must not be reachable from untrusted networks.',
    holds: (node) => (node instanceof CfnDBInstance ? node.publiclyAccessible === false : null),
  },
];

const GATEWAYS = new Set([
  'AWS::EC2::InternetGateway',
  'AWS::EC2::EgressOnlyInternetGateway',
  'AWS::EC2::NatGateway',
  'AWS::EC2::EIP',
]);

/** An address that nobody has: CDK's way to write a group without any rule. */
const NOBODY = '255.255.255.255/32';

const isByGroup = ({ cidrIp, cidrIpv6 }: GroupRule): boolean =>
  cidrIpv6 === undefined && (cidrIp === undefined || cidrIp === NOBODY);
