import type { CfnResource } from 'aws-cdk-lib';
import { NagMessageLevel, NagPack, NagRuleCompliance } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { ACCESS_RULES } from './pci-dss-401-access-rules.ts';
import { DATA_RULES } from './pci-dss-401-data-rules.ts';
import { NETWORK_RULES } from './pci-dss-401-network-rules.ts';

export interface PciRule {
  /** The requirement of PCI DSS 4.0.1 that it stands for. */
  readonly requirement: string;
  readonly name: string;
  readonly info: string;
  /** `null` where the resource is none of its business. */
  readonly holds: (node: CfnResource) => boolean | null;
}

/** What PCI DSS 4.0.1 asks beyond 3.2.1 of what this product deploys; there is no public pack for it. */
export class PciDss401Checks extends NagPack {
  readonly name = 'PciDss401Checks';

  constructor(scope?: IConstruct) {
    super(scope);
    this.packName = 'PCI.DSS.401';
  }

  protected checkResource(node: CfnResource): void {
    for (const { requirement, name, info, holds } of [...NETWORK_RULES, ...DATA_RULES, ...ACCESS_RULES]) {
      this.applyRule({
        ruleSuffixOverride: name,
        info: `${info} (PCI DSS 4.0.1, ${requirement})`,
        explanation: info,
        level: NagMessageLevel.ERROR,
        node,
        rule: (resource) => {
          const verdict = holds(resource);
          if (verdict === null) return NagRuleCompliance.NOT_APPLICABLE;
          return verdict ? NagRuleCompliance.COMPLIANT : NagRuleCompliance.NON_COMPLIANT;
        },
      });
    }
  }
}
