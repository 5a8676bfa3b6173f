import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the policy of the page about deployments allows exactly the actions that the command uses', () => {
  const code = readFileSync('scripts/cli/verify/deployed-account.ts', 'utf8');
  const page = readFileSync('docs/deployment.md', 'utf8');
  const used = new Set([...code.matchAll(/asked\('([a-z]+:\w+)'/g)].map(([, action = '']) => action));
  const [, policy = ''] = /## Verify a deployment[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];
  const { Statement } = JSON.parse(policy) as { readonly Statement: readonly { readonly Action: readonly string[] }[] };
  expect(used.size).toBe(7);
  expect(new Set(Statement.flatMap(({ Action }) => Action))).toEqual(used);
});
