import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formBodies, withBody } from '../../../lambdas/pool/install/form-bodies.ts';
import { rulesOf } from '../../support/tome-profiles.ts';

const fileOf = (name: string): string =>
  readFileSync(`lambdas/pool/functions/forms/${name.replaceAll('_', '-')}.sql`, 'utf8');

test('the files have the bodies of the default profile, so that a migration without forms installs these', () => {
  const bodies = [...formBodies(rulesOf('simulator'))];
  expect(bodies.map(([name]) => name)).toEqual(['is_internal_token', 'may_be_new_reference', 'may_be_reference']);
  for (const [name, body] of bodies) {
    expect(fileOf(name)).toContain(` AS $$\n${body}\n$$;\n`);
    expect(withBody(fileOf(name), body)).toBe(fileOf(name));
  }
});

describe('the bodies of another profile', () => {
  test('have its alphabet, lengths, starts and check digit, and keep internal tokens out of references', () => {
    const bodies = formBodies(rulesOf('uat', 'tome'));
    expect(bodies.get('is_internal_token')).toBe(
      [
        '  SELECT length(p_internal_token) = 16',
        "    AND p_internal_token ~ '^[0-9]+$'",
        "    AND p_internal_token !~ '^[0-8]'",
        '    AND NOT passes_luhn(p_internal_token)',
      ].join('\n'),
    );
    expect(bodies.get('may_be_new_reference')).toBe(
      [
        '  SELECT length(p_card_reference) = 16',
        "    AND p_card_reference ~ '^[0-9]+$'",
        "    AND p_card_reference !~ '^[03-579]'",
        '    AND NOT is_internal_token(p_card_reference)',
      ].join('\n'),
    );
  });

  test('do not compare forms when only knowledge tells internal tokens from references', () => {
    const bodies = formBodies(rulesOf('sixteen-digits'));
    for (const name of ['may_be_new_reference', 'may_be_reference'])
      expect(bodies.get(name)).not.toContain('is_internal_token');
  });

  test('replace those of the files and nothing else', () => {
    const body = '  SELECT true';
    const text = withBody(fileOf('may_be_new_reference'), body);
    expect(text).toContain(' AS $$\n  SELECT true\n$$;\n');
    expect(text.split(' AS $$')[0]).toBe(fileOf('may_be_new_reference').split(' AS $$')[0]);
  });
});

test.each(['', 'CREATE FUNCTION a() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\n', 'SELECT 1;\n'])(
  'a file without one body at its end is refused: %j',
  (text) => {
    expect(() => withBody(text, '  SELECT true')).toThrow('must end with one body');
  },
);
