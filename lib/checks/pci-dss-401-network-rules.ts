import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress, CfnSubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import type { PciRule } from './pci-rule.ts';
import { templateValue } from './template-value.ts';

interface GroupRule {
  readonly cidrIp?: string | undefined;
  readonly cidrIpv6?: string | undefined;
}

export const NETWORK_RULES: readonly PciRule[] = [
  {
    requirement: '1.3.1 and 1.3.2',
    name: 'NoAddressRanges',
    info: 'Security group rules must name security groups, not address ranges.',
    isCompliant(node) {
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
    name: 'NoInternetAccess',
    info: 'The network of functions that handle card numbers must have no gateway to the internet.',
    isCompliant(node) {
      if (node instanceof CfnSubnet) return node.mapPublicIpOnLaunch !== true;
      return GATEWAYS.has(node.cfnResourceType) ? false : null;
    },
  },
  {
    requirement: '1.4.4',
    name: 'DatabaseIsPrivate',
    info: 'A database must not be publicly accessible.',
    isCompliant: (node) => (node instanceof CfnDBInstance ? node.publiclyAccessible === false : null),
  },
];

const GATEWAYS = new Set([
  'AWS::EC2::InternetGateway',
  'AWS::EC2::EgressOnlyInternetGateway',
  'AWS::EC2::NatGateway',
  'AWS::EC2::EIP',
]);

/** CDK writes a rule for this unused address when a group must have no other rule. */
const UNUSED_ADDRESS = '255.255.255.255/32';

const isByGroup = ({ cidrIp, cidrIpv6 }: GroupRule): boolean =>
  cidrIpv6 === undefined && (cidrIp === undefined || cidrIp === UNUSED_ADDRESS);
