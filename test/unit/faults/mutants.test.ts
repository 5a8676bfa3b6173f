import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MUTANT_KINDS, planted } from '../../faults/mutants/mutant.ts';
import { MUTANTS } from '../../faults/mutants/mutants.ts';

test('the suite plants at least 150 bugs, and each has a different name', () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(150);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANT_KINDS)('the suite plants a bug of the kind "%s"', (kind) => {
  expect(MUTANTS.filter((mutant) => mutant.kind === kind)).not.toEqual([]);
});

test.each(MUTANTS)('the edits of the bug "$name" apply to the current code', ({ edits }) => {
  const texts = new Map<string, string>();
  for (const change of edits) {
    const before = texts.get(change.file) ?? readFileSync(change.file, 'utf8');
    const after = planted(before, change);
    expect(after).not.toBe(before);
    texts.set(change.file, after);
  }
});

test('an edit whose text is missing, or occurs twice, is refused', () => {
  const change = { file: 'a.ts', find: 'one', replace: 'two' };
  expect(() => planted('zero', change)).toThrow('must contain exactly once');
  expect(() => planted('one one', change)).toThrow('must contain exactly once');
});
