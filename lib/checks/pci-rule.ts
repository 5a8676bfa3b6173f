import type { CfnResource } from 'aws-cdk-lib';

/** One requirement of PCI DSS 4.0.1, as a check of a resource in a template. */
export interface PciRule {
  /** The number of the requirement. */
  readonly requirement: string;
  /** The rule's id, after `PCI.DSS.401-`. */
  readonly name: string;
  readonly info: string;
  /** `null` when the rule does not apply to the resource. */
  readonly isCompliant: (node: CfnResource) => boolean | null;
}
