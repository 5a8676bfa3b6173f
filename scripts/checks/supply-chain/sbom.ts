import { execFileSync } from 'node:child_process';
import { licenceOf } from './licences.ts';
import { type PinnedRequirement, pythonPackages } from './python-requirements.ts';

interface Bom {
  readonly components: readonly object[];
}

/**
 * Returns a CycloneDX bill of materials of all packages that can be installed, from the lockfile
 * and the Python requirements. Needs no network.
 */
export function billOfMaterials(): object {
  const options = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const bom = JSON.parse(execFileSync('npm', options, { encoding: 'utf8', maxBuffer: 100_000_000 })) as Bom;
  return { ...bom, components: [...bom.components, ...pythonPackages().map(componentOf)] };
}

function componentOf({ name, version, sha256, file }: PinnedRequirement): object {
  const licence = licenceOf(name, null);
  const purl = `pkg:pypi/${name}@${version}`;
  return {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    scope: 'optional',
    purl,
    properties: [
      { name: 'card-tokenization-pool:pinned-in', value: file },
      // A release has one file for each platform, so no single hash belongs to the component.
      ...sha256.map((hash) => ({ name: 'card-tokenization-pool:sha256', value: hash })),
    ],
    licenses: licence === null ? [] : [{ expression: licence }],
  };
}
