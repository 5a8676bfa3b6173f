/**
 * A template's value with CloudFormation's functions written out as short texts: `Queue.Arn` for an attribute, `prod-card-data:Key.Arn` for an
 * output of another stack, and the hashes of logical names left out. So a test reads what a policy says, and a snapshot stays the same.
 */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutHashes(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  const [only, ...others] = Object.entries(value);
  if (only !== undefined && others.length === 0) {
    const written = FUNCTIONS[only[0]]?.(only[1] as never);
    if (written !== undefined) return written;
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainValue(member)]));
}

/** A logical name as its author wrote it. */
export const withoutHashes = (text: string): string =>
  text.replace(/(?<=[A-Za-z])[0-9A-F]{8}(?=[0-9a-f]{32}$|[A-Z.]|$)/g, '').replace(/(?<=[A-Za-z])[0-9a-f]{32}$/, '');

const FUNCTIONS: Readonly<Record<string, (argument: never) => string | undefined>> = {
  Ref: (id: string) => withoutHashes(id),
  'Fn::GetAtt': ([id, attribute]: [string, string]) => `${withoutHashes(id)}.${attribute}`,
  'Fn::GetStackOutput': ({ StackName, OutputName }: { StackName: string; OutputName: string }) =>
    `${StackName}:${withoutHashes(OutputName.replace(/^PublishOutput(FnGetAtt|Ref)/, '').slice(0, outputLength(OutputName)))}`,
  'Fn::Join': ([separator, parts]: [string, unknown[]]) => parts.map(plainValue).join(separator),
  'Fn::Select': ([index, list]: [number, unknown]) => `${String(plainValue(list))}[${index}]`,
  'Fn::Split': ([separator, text]: [string, unknown]) => `${String(plainValue(text))} split by ${separator}`,
  'Fn::Sub': (text: unknown) => (typeof text === 'string' ? text : undefined),
};

/** CDK's own outputs end with another hash. */
const outputLength = (name: string): number | undefined => (name.startsWith('PublishOutput') ? -8 : undefined);
