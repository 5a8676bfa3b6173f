import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MUTANT_KINDS, planted } from '../../faults/mutants/mutant.ts';
import { MUTANTS } from '../../faults/mutants/mutants.ts';

test('there are at least 150 bugs to plant, each under a name of its own', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(150);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANT_KINDS)('a bug of the kind "%s" is planted', (kind) => {
  expect(MUTANTS.filter((mutant) => mutant.kind === kind)).not.toEqual([]);
});

test.each(MUTANTS)('the bug "$name" can be planted into the code as it is', ({ edits }) => {
  const texts = new Map<string, string>();
  for (const change of edits) {
    const before = texts.get(change.file) ?? readFileSync(change.file, 'utf8');
    const after = planted(before, change);
    expect(after).not.toBe(before);
    texts.set(change.file, after);
  }
});

test('a bug whose place is gone, or is in two places, cannot be planted', () => {
  const change = { file: 'a.ts', find: 'one', replace: 'two' };
  expect(() => planted('zero', change)).toThrow('not in exactly one place');
  expect(() => planted('one one', change)).toThrow('not in exactly one place');
});
