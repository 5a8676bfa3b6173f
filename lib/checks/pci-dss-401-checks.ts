import type { CfnResource } from 'aws-cdk-lib';
import { NagMessageLevel, NagPack, NagRuleCompliance } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { ACCESS_RULES } from './pci-dss-401-access-rules.ts';
import { DATA_RULES } from './pci-dss-401-data-rules.ts';
import { NETWORK_RULES } from './pci-dss-401-network-rules.ts';

/**
 * The PCI DSS 4.0.1 requirements for the resources of this product that the 3.2.1 pack does not
 * check. cdk-nag has no pack for 4.0.1.
 */
export class PciDss401Checks extends NagPack {
  readonly name = 'PciDss401Checks';

  constructor(scope?: IConstruct) {
    super(scope);
    this.packName = 'PCI.DSS.401';
  }

  protected checkResource(node: CfnResource): void {
    for (const { requirement, name, info, isCompliant } of [...NETWORK_RULES, ...DATA_RULES, ...ACCESS_RULES]) {
      this.applyRule({
        ruleSuffixOverride: name,
        info: `${info} (PCI DSS 4.0.1, ${requirement})`,
        explanation: info,
        level: NagMessageLevel.ERROR,
        node,
        rule: (resource) => {
          const verdict = isCompliant(resource);
          if (verdict === null) return NagRuleCompliance.NOT_APPLICABLE;
          return verdict ? NagRuleCompliance.COMPLIANT : NagRuleCompliance.NON_COMPLIANT;
        },
      });
    }
  }
}
