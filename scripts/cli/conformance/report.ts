import type { Conformance } from './conform.ts';
import type { RuleResult } from './run-suite.ts';
import type { Suite } from './suite.ts';

const MARKS = { passed: 'passed    ', failed: 'FAILED    ', 'not-tried': 'not tried ' } as const;

/** The result for a reader: one line for each rule, and what must change. */
export function conformanceReport({ results, calls, tokens, isIncomplete }: Conformance): string {
  const count = (result: RuleResult['result']): number => results.filter((one) => one.result === result).length;
  return [
    ...results.flatMap(linesOf),
    '',
    `${calls} calls, ${tokens.ns1} tokens of NS1 and ${tokens.ns2} of NS2.`,
    `${count('passed')} rules passed, ${count('failed')} failed, ${count('not-tried')} were not tried.`,
    summaryOf({ results, isIncomplete }),
    '',
  ].join('\n');
}

function linesOf({ id, sentence, result, reason, line, remedy }: RuleResult): readonly string[] {
  const head = `${MARKS[result]}${id}: ${sentence}`;
  const indent = ' '.repeat(MARKS.passed.length);
  return [
    head,
    ...(reason === null ? [] : [`${indent}${reason}`]),
    ...(result === 'failed' ? [`${indent}${remedy}`, ...(line === null ? [] : [`${indent}profile: ${line}`])] : []),
  ];
}

function summaryOf({ results, isIncomplete }: Pick<Conformance, 'results' | 'isIncomplete'>): string {
  if (results.some(({ result }) => result === 'failed')) return 'The product must not be used with this TOME yet.';
  return isIncomplete
    ? 'Calls or tokens ran out: the rules that were not tried are open.'
    : 'Every rule that was tried passed.';
}

/** Every rule in one line. */
export const listOfRules = ({ observations, checks }: Suite): string =>
  [...observations, ...checks].map(({ id, sentence }) => `${id}: ${sentence}\n`).join('');

/** The result for a program. */
export const conformanceJson = (
  { results, calls, tokens, isIncomplete }: Conformance,
  target: { readonly profile: string; readonly hosts: readonly string[] },
): string => `${JSON.stringify({ ...target, calls, tokens, isIncomplete, results }, null, 2)}\n`;

/** 0, 1 when a rule failed, or 3 when calls or tokens ran out. */
export function exitCodeOf({ results, isIncomplete }: Conformance): number {
  if (results.some(({ result }) => result === 'failed')) return 1;
  return isIncomplete ? 3 : 0;
}
