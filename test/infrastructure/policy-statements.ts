import type { Resource, SynthesizedEnvironment } from './synthesized-environment.ts';

/** One thing that one policy grants or denies. */
export interface Grant {
  readonly stack: string;
  /** The logical name of the policy, or of the role that it stands in. */
  readonly holder: string;
  readonly effect: 'Allow' | 'Deny';
  readonly action: string;
  readonly resource: string;
  readonly condition: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: a policy document as CloudFormation has it.
type Document = any;

const statements = (document: Document) => [document?.Statement ?? []].flat();

/** Every identity policy of an environment, taken apart: of roles, managed and inline. */
export function identityGrants(environment: SynthesizedEnvironment): readonly Grant[] {
  return environment.resources.flatMap((resource) =>
    documentsOf(resource).flatMap((document) =>
      statements(document).flatMap((statement) =>
        [statement.Action].flat().flatMap((action: string) =>
          [statement.Resource].flat().map((target: string) => ({
            stack: resource.stack,
            holder: resource.id,
            effect: statement.Effect,
            action,
            resource: target,
            condition: statement.Condition,
          })),
        ),
      ),
    ),
  );
}

function documentsOf({ type, properties }: Resource): readonly Document[] {
  if (type === 'AWS::IAM::ManagedPolicy' || type === 'AWS::IAM::Policy') return [properties.PolicyDocument];
  if (type === 'AWS::IAM::Role') return (properties.Policies ?? []).map((policy: Document) => policy.PolicyDocument);
  return [];
}

/** Every policy that a resource itself has: of queues, topics, keys, APIs, endpoints and secrets. */
export function resourcePolicies(environment: SynthesizedEnvironment): readonly (readonly [Resource, Document])[] {
  return environment.resources.flatMap((resource) => {
    const { PolicyDocument, KeyPolicy, ResourcePolicy, Policy } = resource.properties;
    const document = resource.type.startsWith('AWS::IAM::')
      ? undefined
      : (PolicyDocument ?? KeyPolicy ?? ResourcePolicy ?? Policy);
    return document === undefined
      ? []
      : statements(document).map((statement: Document) => [resource, statement] as const);
  });
}
