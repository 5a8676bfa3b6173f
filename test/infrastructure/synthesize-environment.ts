import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { addChecks } from '../../lib/checks/add-checks.ts';
import { deployEnvironment } from '../../lib/deploy-environment.ts';
import type { Environment } from '../../lib/environments/environment.ts';
import type { EnvironmentName } from '../../lib/environments/environments.ts';
import { assertUsable, environmentNamed } from '../../lib/environments/validate-environment.ts';
import { plainValue, withoutHashes } from './plain-value.ts';
import type { Resource } from './synthesized-environment.ts';

/** CDK's report of the checks. */
export interface ValidationReport {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string; readonly description: string }[];
    readonly suppressedViolations?: readonly { readonly ruleName: string }[];
  }[];
}

export interface Synthesis {
  readonly app: App;
  readonly resources: readonly Resource[];
  readonly report: ValidationReport;
}

/**
 * Synthesizes an environment as `cdk synth` does, but without the functions' bundles, on which no
 * template depends. With its checks it throws their findings.
 */
export const synthesizeEnvironment = (
  name: EnvironmentName,
  { isChecked }: { readonly isChecked: boolean },
): Synthesis => synthesize(environmentNamed(name), { isChecked });

/** The same for an environment that is not in the list. Throws its faults. */
export function synthesize(environment: Environment, { isChecked }: { readonly isChecked: boolean }): Synthesis {
  assertUsable(environment);
  const outdir = mkdtempSync(join(tmpdir(), `synthesis-${environment.name}-`));
  try {
    const app = new App({ context: contextOfTheCli(), outdir, builtinCloudFormationValidation: isChecked });
    deployEnvironment(app, environment);
    if (isChecked) addChecks(app);
    const { stacks } = app.synth();
    return {
      app,
      resources: stacks.flatMap(({ stackName, template }) => resourcesOf(stackName, template)),
      report: isChecked
        ? JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'))
        : { pluginReports: [] },
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The context that the CDK command line sets, from cdk.json, and no bundling. */
export const contextOfTheCli = (): Record<string, unknown> => ({
  ...JSON.parse(readFileSync('cdk.json', 'utf8')).context,
  'aws:cdk:bundling-stacks': [],
});

function resourcesOf(
  stack: string,
  template: { readonly Resources: Readonly<Record<string, object>> },
): readonly Resource[] {
  return Object.entries(template.Resources).map(([id, raw]) => {
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    const resource = plainValue(raw) as any;
    return {
      stack,
      id: withoutHashes(id),
      type: resource.Type,
      properties: resource.Properties ?? {},
      dependsOn: [resource.DependsOn ?? []].flat(),
      deletionPolicy: resource.DeletionPolicy,
      updateReplacePolicy: resource.UpdateReplacePolicy,
      updatePolicy: resource.UpdatePolicy,
    };
  });
}
