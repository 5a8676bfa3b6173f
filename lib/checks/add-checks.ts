import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { PciDss401Checks } from './pci-dss-401-checks.ts';

/** The rule packs that check every synthesis. */
export const checkPacks = (app: App): readonly NagPack[] => [
  new AwsSolutionsChecks(app),
  new ServerlessChecks(app),
  new PCIDSS321Checks(app),
  new PciDss401Checks(app),
];

/** Makes a synthesis fail on every finding that acknowledgements.ts does not accept. */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(...checkPacks(app));
}
