/**
 * A template value with CloudFormation functions replaced by short texts, such as `Queue.Arn` for
 * an attribute and `prod-card-data:Key.Arn` for an output of another stack. Logical ids lose their
 * hash. So a test can read a policy, and a snapshot does not depend on hashes.
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

/** Removes the hashes of logical ids from a text. */
export const withoutHashes = (text: string): string =>
  text.replace(/(?<=[A-Za-z])[0-9A-F]{8}(?=[0-9a-f]{32}$|[A-Z.]|$)/g, '').replace(/(?<=[A-Za-z])[0-9a-f]{32}$/, '');

const FUNCTIONS: Readonly<Record<string, (argument: never) => string | undefined>> = {
  Ref: (id: string) => withoutHashes(id),
  'Fn::GetAtt': ([id, attribute]: [string, string]) => `${withoutHashes(id)}.${attribute}`,
  'Fn::ImportValue': (name: string) =>
    name.replace(
      /^(.*):ExportsOutput(?:FnGetAtt|Ref)(.*).{8}$/,
      (_, stack, output) => `${stack}:${withoutHashes(output)}`,
    ),
  'Fn::Join': ([separator, parts]: [string, unknown[]]) => parts.map(plainValue).join(separator),
  'Fn::Select': ([index, list]: [number, unknown]) => `${String(plainValue(list))}[${index}]`,
  'Fn::Split': ([separator, text]: [string, unknown]) => `${String(plainValue(text))} split by ${separator}`,
  'Fn::Sub': (text: unknown) => (typeof text === 'string' ? text : undefined),
};
