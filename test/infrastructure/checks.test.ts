import { type App, Validations } from 'aws-cdk-lib';
import type { NagPack } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkPacks } from '../../lib/checks/add-checks.ts';
import { type Synthesis, synthesizeEnvironment } from './synthesize-environment.ts';
import { ENVIRONMENT_NAMES } from './synthesized-environment.ts';

interface Acknowledgement {
  readonly path: string;
  /** As its pack names it, without the pack's own prefix. */
  readonly id: string;
  readonly reason: string;
}

function acknowledgementsIn(node: IConstruct): readonly Acknowledgement[] {
  const own = node.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Record<string, string>))
    .map(([id, reason]) => ({ path: node.node.path, id: id.replace(/^annotation::/i, ''), reason }))
    // CDK's own, about its construct of flow logs.
    .filter(({ reason }) => !reason.startsWith('AWS::EC2::FlowLog'));
  return [...own, ...node.node.children.flatMap(acknowledgementsIn)];
}

/** Every finding of the packs, as if nobody had acknowledged any, as `path id`. */
function rawFindings(app: App): readonly { readonly path: string; readonly id: string }[] {
  return checkPacks(app).flatMap((pack) =>
    deafened(pack)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => ({ path: constructPath, id: ruleName })),
      ),
  );
}

/** The pack asks this of itself, privately, before it reports a finding. */
function deafened(pack: NagPack): NagPack {
  Object.defineProperty(pack, 'isAcknowledged', { value: () => false });
  return pack;
}

describe.each(ENVIRONMENT_NAMES)('%s', (name) => {
  let synthesis: Synthesis;

  beforeAll(() => {
    synthesis = synthesizeEnvironment(name);
  });

  test('passes AwsSolutions, Serverless, PCI DSS 3.2.1, our PCI DSS 4.0.1 pack and CloudFormation’s schemas', () => {
    const { app, report } = synthesis;
    const findings = checkPacks(app).flatMap((pack) => pack.validateScope(app).violations);
    expect(findings).toEqual([]);
    expect(report.pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  test('has no acknowledgement that silences nothing', () => {
    const { app, report } = synthesis;
    const findings = rawFindings(app);
    const bySchemas = report.pluginReports.flatMap(({ suppressedViolations = [] }) =>
      suppressedViolations.map(({ ruleName }) => ruleName),
    );
    const acknowledgements = acknowledgementsIn(app);
    expect(acknowledgements.length).toBeGreaterThan(5);
    const stale = acknowledgements.filter(({ path, id }) =>
      id.startsWith('CloudFormation-Validate::')
        ? !bySchemas.includes(id.replace('CloudFormation-Validate::', ''))
        : !findings.some((finding) => finding.id === id && isWithin(finding.path, path)),
    );
    expect(stale).toEqual([]);
  });

  test('acknowledges with reasons that say more than that it is so', () => {
    const reasons = new Set(acknowledgementsIn(synthesis.app).map(({ reason }) => reason));
    expect([...reasons].filter((reason) => reason.split(' ').length < 15)).toEqual([]);
  });
});

const isWithin = (path: string, ancestor: string): boolean => path === ancestor || path.startsWith(`${ancestor}/`);
