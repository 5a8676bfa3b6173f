import { type CfnResource, Stack } from 'aws-cdk-lib';

/** A property as it will stand in the template. */
export const templateValue = (node: CfnResource, value: unknown): unknown => Stack.of(node).resolve(value);

export interface PlainStatement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly Condition?: object;
}

/** The statements of a policy as they will stand in the template. */
export function statementsOf(node: CfnResource, policy: unknown): readonly PlainStatement[] {
  const { Statement = [] } = (templateValue(node, policy) ?? {}) as {
    readonly Statement?: PlainStatement | readonly PlainStatement[];
  };
  return [Statement].flat() as readonly PlainStatement[];
}
