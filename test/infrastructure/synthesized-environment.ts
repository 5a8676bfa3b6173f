import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { addChecks } from '../../lib/checks/add-checks.ts';
import { deployEnvironment } from '../../lib/deploy-environment.ts';
import type { EnvironmentName } from '../../lib/environment.ts';
import { environmentNamed } from '../../lib/validate-environment.ts';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are whatever CloudFormation has for each type.
  readonly Properties: any;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly UpdatePolicy?: any;
}

/** A resource with where it was found. */
export interface FoundResource extends Resource {
  readonly stack: string;
  readonly id: string;
}

export interface StackTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface SynthesizedEnvironment {
  readonly name: EnvironmentName;
  readonly app: App;
  readonly templates: Readonly<Record<string, StackTemplate>>;
  /** CDK's own report of the checks. */
  readonly report: ValidationReport;
  all(type: string): readonly FoundResource[];
  /** The only resource of its type whose logical name starts so. */
  one(type: string, idStart?: string): FoundResource;
}

export interface ValidationReport {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string; readonly description: string }[];
    readonly suppressedViolations?: readonly { readonly ruleName: string }[];
  }[];
}

export const ENVIRONMENT_NAMES: readonly EnvironmentName[] = ['dev', 'qa', 'uat', 'prod', 'local'];
export const AWS_ENVIRONMENT_NAMES = ENVIRONMENT_NAMES.filter((name) => name !== 'local');

const synthesized = new Map<EnvironmentName, SynthesizedEnvironment>();

/** An environment as `cdk synth` makes it, once for each test file; without the functions' bundles, which no template depends on. */
export function synthesize(name: EnvironmentName): SynthesizedEnvironment {
  const before = synthesized.get(name);
  if (before !== undefined) return before;
  const outdir = mkdtempSync(join(tmpdir(), `synthesized-${name}-`));
  try {
    const app = new App({ context: contextOfTheCli(), outdir });
    deployEnvironment(app, environmentNamed(name));
    addChecks(app);
    const { stacks } = app.synth();
    const environment = withQueries(name, app, {
      templates: Object.fromEntries(stacks.map(({ stackName, template }) => [stackName, template as StackTemplate])),
      report: JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')),
    });
    synthesized.set(name, environment);
    return environment;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** What the command line hands an app: the flags of cdk.json; and no bundling. */
export const contextOfTheCli = (): Record<string, unknown> => ({
  ...JSON.parse(readFileSync('cdk.json', 'utf8')).context,
  'aws:cdk:bundling-stacks': [],
});

function withQueries(
  name: EnvironmentName,
  app: App,
  { templates, report }: Pick<SynthesizedEnvironment, 'templates' | 'report'>,
): SynthesizedEnvironment {
  const resources = Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([id, resource]) => ({ ...resource, stack, id })),
  );
  const all = (type: string) => resources.filter(({ Type }) => Type === type);
  return {
    name,
    app,
    templates,
    report,
    all,
    one(type, idStart = '') {
      const found = all(type).filter(({ id }) => id.startsWith(idStart));
      const [only] = found;
      if (only === undefined || found.length > 1) throw new Error(`${found.length} of ${type} ${idStart} in ${name}.`);
      return only;
    },
  };
}
