import type { Resource, SynthesizedEnvironment } from './synthesized-environment.ts';

/** One action on one resource that a policy allows or denies. */
export interface Grant {
  readonly stack: string;
  /** The logical id of the policy, or of the role that contains it. */
  readonly holder: string;
  readonly effect: 'Allow' | 'Deny';
  readonly action: string;
  readonly resource: string;
  readonly condition: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: the JSON of a policy document.
type Document = any;

const statements = (document: Document) => [document?.Statement ?? []].flat();

/** All managed and inline policies of roles in an environment, split into single grants. */
export function identityGrants(environment: Pick<SynthesizedEnvironment, 'resources'>): readonly Grant[] {
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

/** The statements of all resource policies: queues, topics, keys, APIs, endpoints and secrets. */
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
