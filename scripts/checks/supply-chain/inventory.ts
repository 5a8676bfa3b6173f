import { isAllowed, licenceOf } from './licences.ts';
import { lockedPackages } from './npm-lockfile.ts';
import { pythonPackages } from './python-requirements.ts';

export interface InventoryRow {
  readonly name: string;
  readonly version: string;
  readonly licence: string | null;
  readonly part: 'deployed' | 'tool' | 'tool, Python';
}

/**
 * Lists every third-party package that the project can install, once for each version, sorted by
 * name.
 */
export function inventory(): readonly InventoryRow[] {
  const npm = lockedPackages().map(({ name, version, license, isTool }): InventoryRow => {
    return { name, version, licence: licenceOf(name, license), part: isTool ? 'tool' : 'deployed' };
  });
  const python = pythonPackages().map(({ name, version }): InventoryRow => {
    return { name, version, licence: licenceOf(name, null), part: 'tool, Python' };
  });
  const rows = new Map<string, InventoryRow>();
  for (const row of [...npm, ...python]) {
    const key = `${row.name} ${row.version} ${row.part === 'tool, Python'}`;
    // A package that is deployed and also used by a tool is listed as deployed, because that rule
    // is stricter.
    if (rows.get(key)?.part !== 'deployed') rows.set(key, row);
  }
  return [...rows.values()].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

const keyOf = ({ part, name, version }: InventoryRow): string => `${part} ${name} ${version}`;

/** Returns the rows whose licence is unknown or not allowed. */
export const refusedRows = (rows: readonly InventoryRow[]): readonly InventoryRow[] =>
  rows.filter(({ licence, part }) => !isAllowed(licence, part !== 'deployed'));

export const LICENCES_FILE = 'docs/licences.md';

/** Returns the text of docs/licences.md. */
export function licencesDocument(rows: readonly InventoryRow[]): string {
  const table = rows.map(({ name, version, licence, part }) => `| ${name} | ${version} | ${licence} | ${part} |`);
  return [
    '# Licences of third-party packages',
    '',
    '`npm run licences` writes this page from `package-lock.json` and the Python requirements; a test',
    'compares it. "deployed" packages can be part of a deployed function. Tools run on developer machines',
    'and in CI only. `scripts/checks/supply-chain/licences.ts` lists the allowed licences.',
    '',
    '| package | version | licence | part |',
    '| --- | --- | --- | --- |',
    ...table,
    '',
  ].join('\n');
}
