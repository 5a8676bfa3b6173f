import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tomeProfileSchema } from '../../../lambdas/tome/profile/tome-profile.ts';
import { suiteOf } from '../../../scripts/cli/conformance/suite.ts';

const tomePage = readFileSync('docs/tome.md', 'utf8');
const onboarding = readFileSync('docs/onboarding.md', 'utf8');

/** The lines of a profile that no owner of TOME is asked for. */
const OWN_LINES = ['name', 'unknown'];

const lines = Object.keys(tomeProfileSchema.shape).filter((line) => !OWN_LINES.includes(line));

/** Whether the text names the line, or a line below it, as code. */
const names = (text: string, line: string): boolean => new RegExp(`\`${line}(\\.[\\w*.]+)?\``).test(text);

test('the page of TOME explains each line of a profile', () => {
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => !names(tomePage, line))).toEqual([]);
});

test('the page of onboarding asks for each line of a profile, and has a place for the answer', () => {
  const [questions = '', answers = ''] = onboarding.split('## To fill in');
  expect(lines.filter((line) => !names(questions, line))).toEqual([]);
  expect(lines.filter((line) => !names(answers, line))).toEqual([]);
});

test('the guarantees of a bridge name rules that the conformance suite has', () => {
  const { checks, observations } = suiteOf({ rate: true });
  const rules = new Set([...observations, ...checks].map(({ id }) => id.replace(/^ns[12]\./, '')));
  const [, section = ''] = tomePage.split('| Guarantee | Why | Tested by |');
  const [table = ''] = section.split('\n\n');
  const cited = table
    .split('\n')
    .flatMap((row) => [...(row.split('|').at(-2) ?? '').matchAll(/`([a-z-]+)`/g)].map(([, id = '']) => id));
  expect(cited.length).toBeGreaterThan(8);
  expect(cited.filter((id) => !rules.has(id))).toEqual([]);
});
