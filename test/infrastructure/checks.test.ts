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
  /** The full id of the rule. */
  readonly id: string;
  readonly reason: string;
}

function acknowledgementsIn(node: IConstruct): readonly Acknowledgement[] {
  const own = node.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Record<string, string>))
    .map(([id, reason]) => ({ path: node.node.path, id: id.replace(/^annotation::/i, ''), reason }))
    // CDK acknowledges one finding of its own flow log construct.
    .filter(({ reason }) => !reason.startsWith('AWS::EC2::FlowLog'));
  return [...own, ...node.node.children.flatMap(acknowledgementsIn)];
}

/** All findings of the packs, including the acknowledged ones. */
function rawFindings(app: App): readonly { readonly path: string; readonly id: string }[] {
  return checkPacks(app).flatMap((pack) =>
    withoutAcknowledgements(pack)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => ({ path: constructPath, id: ruleName })),
      ),
  );
}

/** Overrides the private method by which a pack skips acknowledged findings. */
function withoutAcknowledgements(pack: NagPack): NagPack {
  Object.defineProperty(pack, 'isAcknowledged', { value: () => false });
  return pack;
}

test.each([
  ['AwsSolutions', 'AwsSolutions-SQS4'],
  ['Serverless', 'Serverless-SQSRedrivePolicy'],
  ['the PCI DSS 4.0.1 pack', 'PCI.DSS.401-OwnKeyAtRest'],
])('a queue without encryption or a dead-letter queue fails the synthesis with a finding of %s', (_pack, id) => {
  expect(synthesisOf((stack) => new CfnQueue(stack, 'Violation'))).toThrow(id);
});

test('a bucket without access logging fails the synthesis with a finding of the PCI DSS 3.2.1 pack', () => {
  expect(synthesisOf((stack) => new CfnBucket(stack, 'Violation'))).toThrow('PCI.DSS.321-S3BucketLoggingEnabled');
});

test('a property that is not in the CloudFormation schema fails the synthesis', () => {
  const add = (stack: Stack) => new CfnQueue(stack, 'Violation').addPropertyOverride('Nonsense', true);
  expect(synthesisOf(add)).toThrow("'Nonsense' was unexpected");
});

/** Synthesizes a stack with one added resource, with the checks of a deployment. */
const synthesisOf = (add: (stack: Stack) => unknown) => (): void => {
  const outdir = mkdtempSync(join(tmpdir(), 'violation-'));
  try {
    const app = new App({ context: contextOfTheCli(), outdir });
    add(new Stack(app, 'violation'));
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

  test('passes all four check packs and the CloudFormation schemas', () => {
    const { report } = synthesis;
    expect(report.pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  test('has no acknowledgement without a finding', () => {
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

  test('gives a reason of at least 15 words for each acknowledgement', () => {
    const reasons = new Set(acknowledgementsIn(synthesis.app).map(({ reason }) => reason));
    expect([...reasons].filter((reason) => reason.split(' ').length < 15)).toEqual([]);
  });
});

const isWithin = (path: string, ancestor: string): boolean => path === ancestor || path.startsWith(`${ancestor}/`);
