import { type CfnResource, Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';

/** Resolves CDK tokens: returns a property as it is written into the template. */
export const templateValue = (node: CfnResource, value: unknown): unknown => Stack.of(node).resolve(value);

/** A policy statement as it is written into the template. */
export interface TemplateStatement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly Condition?: object;
}

/** The statements of a policy document. */
export function statementsOf(node: CfnResource, policy: unknown): readonly TemplateStatement[] {
  const { Statement = [] } = (templateValue(node, policy) ?? {}) as {
    readonly Statement?: TemplateStatement | readonly TemplateStatement[];
  };
  return [Statement].flat() as readonly TemplateStatement[];
}

/** Whether no statement allows something to all principals. */
export const hasNoPublicPrincipal = (node: CfnResource, policy: unknown): boolean =>
  statementsOf(node, policy).every(
    ({ Effect, Principal }) => Effect !== 'Allow' || !/"\*"/.test(JSON.stringify(Principal ?? '*')),
  );

/** The environment variables of a function. */
export function variablesOf(node: CfnFunction): Readonly<Record<string, unknown>> {
  const environment = templateValue(node, node.environment) as { variables?: Record<string, unknown> } | undefined;
  return environment?.variables ?? {};
}
