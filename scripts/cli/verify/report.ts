import type { CheckResult } from './verify-deployment.ts';

const MARKS = { passed: 'passed', failed: 'FAILED', 'not-tried': 'not tried' } as const;

/** One table of all checks. Below a check that did not pass are the reason and what to do. */
export function verifyReport(environment: string, results: readonly CheckResult[]): string {
  const width = (values: readonly string[]): number => Math.max(...values.map(({ length }) => length)) + 2;
  const domainWidth = width(['domain', ...results.map(({ domain }) => domain)]);
  const idWidth = width(['check', ...results.map(({ id }) => id)]);
  const markWidth = width(Object.values(MARKS));
  const row = (mark: string, domain: string, id: string, text: string): string =>
    `${mark.padEnd(markWidth)}${domain.padEnd(domainWidth)}${id.padEnd(idWidth)}${text}`.trimEnd();
  const count = (result: CheckResult['result']): number => results.filter((one) => one.result === result).length;
  return [
    `environment ${environment}`,
    row('result', 'domain', 'check', ''),
    ...results.flatMap(({ domain, id, sentence, result, reason, remedy }) => [
      row(MARKS[result], domain, id, sentence),
      ...(reason === null ? [] : [row('', '', '', reason)]),
      ...(result === 'failed' ? [row('', '', '', remedy)] : []),
    ]),
    '',
    `${count('passed')} checks passed, ${count('failed')} failed, ${count('not-tried')} were not tried.`,
    '',
  ].join('\n');
}

/** The result for a program. */
export const verifyJson = (environment: string, results: readonly CheckResult[]): string =>
  `${JSON.stringify({ environment, results }, null, 2)}\n`;

/** 0, or 1 when a check failed. */
export const exitCodeOf = (results: readonly CheckResult[]): number =>
  results.some(({ result }) => result === 'failed') ? 1 : 0;
