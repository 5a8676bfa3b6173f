import { expect, test } from 'vitest';
import { lockedPackages } from '../../../../scripts/checks/supply-chain/npm-lockfile.ts';
import { pythonPackages } from '../../../../scripts/checks/supply-chain/python-requirements.ts';
import { billOfMaterials } from '../../../../scripts/checks/supply-chain/sbom.ts';

test('the bill of materials names every package of the lockfile and every Python package', () => {
  const bom = billOfMaterials() as {
    readonly bomFormat: string;
    readonly components: readonly { readonly name: string; readonly version: string }[];
  };
  expect(bom.bomFormat).toBe('CycloneDX');
  const listed = new Set(bom.components.map(({ name, version }) => `${name} ${version}`));
  const installed = [...lockedPackages(), ...pythonPackages()].map(({ name, version }) => `${name} ${version}`);
  expect(installed.filter((entry) => !listed.has(entry))).toEqual([]);
});
