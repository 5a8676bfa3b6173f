import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import type { NagPack } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { beforeAll, describe, expect, test } from 'vitest';
import { addChecks, checkPacks } from '../../lib/checks/add-checks.ts';
import { contextOfTheCli, type Synthesis, synthesizeEnvironment } from './synthesize-environment.ts';
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

test.each([
  ['AwsSolutions', 'AwsSolutions-SQS4'],
  ['Serverless', 'Serverless-SQSRedrivePolicy'],
  ['our PCI DSS 4.0.1 pack', 'PCI.DSS.401-OwnKeyAtRest'],
])('a queue that is not as it should be fails the synthesis by a finding of %s', (_pack, id) => {
  expect(synthesisOf((stack) => new CfnQueue(stack, 'Planted'))).toThrow(id);
});

test('a bucket that is not as it should be fails the synthesis by a finding of the PCI DSS 3.2.1 pack', () => {
  expect(synthesisOf((stack) => new CfnBucket(stack, 'Planted'))).toThrow('PCI.DSS.321-S3BucketLoggingEnabled');
});

test('a property that CloudFormation does not know fails the synthesis', () => {
  const plant = (stack: Stack) => new CfnQueue(stack, 'Planted').addPropertyOverride('Nonsense', true);
  expect(synthesisOf(plant)).toThrow("'Nonsense' was unexpected");
});

/** A synthesis, under the checks of every deployment, of a stack with something planted in it. */
const synthesisOf = (plant: (stack: Stack) => unknown) => (): void => {
  const outdir = mkdtempSync(join(tmpdir(), 'planted-'));
  try {
    const app = new App({ context: contextOfTheCli(), outdir });
    plant(new Stack(app, 'planted'));
    addChecks(app);
    app.synth();
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
};

describe.each(ENVIRONMENT_NAMES)('%s', (name) => {
  let synthesis: Synthesis;

  beforeAll(() => {
    synthesis = synthesizeEnvironment(name, { isChecked: true });
  });

  test('passes AwsSolutions, Serverless, PCI DSS 3.2.1, our PCI DSS 4.0.1 pack and CloudFormation’s schemas', () => {
    const { report } = synthesis;
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
