import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { PciDss401Checks } from './pci-dss-401-checks.ts';

/** The packs that every synth has to pass without a finding that nobody acknowledged. */
export const checkPacks = (app: App): readonly NagPack[] => [
  new AwsSolutionsChecks(app),
  new ServerlessChecks(app),
  new PCIDSS321Checks(app),
  new PciDss401Checks(app),
];

/** At each synth; a finding fails it. */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(...checkPacks(app));
}
