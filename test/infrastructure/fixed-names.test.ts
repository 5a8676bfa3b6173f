import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

/** Properties that name something else than the resource itself. */
const OTHER_NAMES = new Set([
  'DatabaseName',
  'DeploymentConfigName',
  'GroupName',
  'MetricName',
  'OperationName',
  'ServiceName',
]);

/** The types in the table of fixed names in docs/deployment.md. */
const LISTED = [
  ...readFileSync('docs/deployment.md', 'utf8').matchAll(/^\| `(AWS::[A-Za-z]+::[A-Za-z]+)` \| \S/gm),
].map(([, type]) => type);

/** A name without a generated part: replacing the resource, or creating it again, meets it. */
const isFixed = ([property, value]: readonly [string, unknown]): boolean =>
  /(Name|Identifier)$/.test(property) && !OTHER_NAMES.has(property) && typeof value === 'string' && isLiteral(value);

/** Other values are the logical ids of resources and imported values (plain-value.ts). */
const isLiteral = (value: string): boolean => /^[a-z/]/.test(value) && !value.includes(':');

describe.each(ENVIRONMENT_NAMES)('%s', (name) => {
  const named = synthesized(name)
    .resources.filter(({ properties }) => Object.entries(properties).some(isFixed))
    .map(({ type }) => type);

  test('a resource has a fixed name only if docs/deployment.md says why', () => {
    expect([...new Set(named)].filter((type) => !LISTED.includes(type))).toEqual([]);
  });

  test.runIf(name === 'prod')('every type that docs/deployment.md lists has a fixed name', () => {
    expect(LISTED.filter((type) => !named.includes(type ?? ''))).toEqual([]);
    expect(LISTED.length).toBeGreaterThan(10);
  });
});
