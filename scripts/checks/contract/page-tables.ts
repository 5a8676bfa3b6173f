import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { routesIn } from '../../../lambdas/api/routes.ts';
import { functionNames } from '../../../lambdas/function-names.ts';
import type { FunctionRow } from '../../../lambdas/function-row.ts';
import { FUNCTIONS } from '../../../lambdas/functions.ts';
import { inWordsOf, VOCABULARIES, type Vocabulary } from '../../../lambdas/vocabulary.ts';
import { ALARM_THRESHOLDS } from '../../../lib/environments/alarm-thresholds.ts';
import { DECIDED_SETTINGS } from '../../../lib/environments/decided-settings.ts';

/** A table in a page that follows from the code or from another page. */
export interface PageTable {
  readonly file: string;
  /** The table is between `<!-- table NAME -->` and `<!-- end of table NAME -->`. */
  readonly name: string;
  readonly rows: () => readonly (readonly string[])[];
}

export const PAGE_TABLES: readonly PageTable[] = [
  { file: 'docs/api.md', name: 'routes', rows: () => routeRows(VOCABULARIES.card) },
  { file: 'docs/api.md', name: 'account routes', rows: () => routeRows(VOCABULARIES.account) },
  { file: 'docs/architecture.md', name: 'functions', rows: functionRows },
  { file: 'docs/design.md', name: 'alarms', rows: alarmRows },
  { file: 'docs/deployment.md', name: 'decided settings', rows: decidedRows },
  { file: 'docs/deployment.md', name: 'sizes of functions', rows: sizeRows },
  { file: 'docs/deployment.md', name: 'thresholds of alarms', rows: thresholdRows },
];

/** The page with its table as the code has it. Throws when the page does not mark the table. */
export function withTable(page: string, { file, name, rows }: PageTable): string {
  const [before, rest, ...others] = page.split(`<!-- table ${name} -->\n`);
  const after = rest?.split(`<!-- end of table ${name} -->\n`)[1];
  if (before === undefined || after === undefined || others.length > 0) {
    throw new Error(`${file} must mark one table ${name}.`);
  }
  const [heading = [], ...body] = rows();
  const lines = [heading, heading.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |\n`);
  return `${before}<!-- table ${name} -->\n${lines.join('')}<!-- end of table ${name} -->\n${after}`;
}

/** Bodies with more fields than this are explained below the table. */
const MAX_FIELDS = 2;

function routeRows(vocabulary: Vocabulary): readonly (readonly string[])[] {
  return [
    ['Route', 'Request body', 'Success', 'Meaning'],
    ...routesIn(vocabulary).map(({ method, path, summary, request, answer, row }) => [
      `\`${method} ${path}\``,
      request === null ? '' : fieldsOf(request),
      `${row.successes.join(', ')} ${fieldsOf(answer)}`,
      summary,
    ]),
  ];
}

function fieldsOf(schema: z.core.$ZodType): string {
  const names = Object.keys(z.toJSONSchema(schema).properties ?? {});
  return names.length > MAX_FIELDS ? 'with the fields below' : `\`{${names.map((name) => `"${name}"`).join(', ')}}\``;
}

function functionRows(): readonly (readonly string[])[] {
  return [
    ['function', 'started by', 'reaches'],
    ...functionNames().map((name) => [`\`${name}\``, startOf(FUNCTIONS[name]), reachedBy(FUNCTIONS[name])]),
  ];
}

function startOf(row: FunctionRow): string {
  if (row.kind === 'route') return `\`${row.http.method} ${inWordsOf(VOCABULARIES.card, row.http.path)}\``;
  if (row.kind === 'deployment') return 'deployment';
  return row.schedule === null ? 'operator' : 'schedule';
}

const reachedBy = ({ database, access }: FunctionRow): string =>
  [
    ...(database === null ? [] : ['RDS Proxy']),
    ...(access.secrets.includes('administrator') ? ['Aurora'] : []),
    ...(access.tome ? ['TOME'] : []),
    ...(access.secrets.length > 0 ? ['Secrets Manager'] : []),
    ...(access.queues.length > 0 ? ['SQS'] : []),
    ...(access.gauges ? ['CloudWatch'] : []),
  ].join(', ');

function decidedRows(): readonly (readonly string[])[] {
  const asSentence = (reason: string): string => `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}.`;
  return [
    ['Setting', 'Why'],
    ...Object.entries(DECIDED_SETTINGS).map(([name, reason]) => [`\`${name}\``, asSentence(reason)]),
  ];
}

function sizeRows(): readonly (readonly string[])[] {
  return [
    ['Function', '`memoryMb`', '`timeoutSeconds`', '`reservedConcurrency`', '`releaseP99Ms`', '`everyMinutes`'],
    ...functionNames().map((name) => {
      const row: FunctionRow = FUNCTIONS[name];
      const { memoryMb, timeoutSeconds, reservedConcurrency } = row.lambda;
      const releaseP99Ms = row.kind === 'route' ? row.alarms.releaseP99Ms : '';
      const everyMinutes = row.kind === 'route' ? '' : (row.schedule?.everyMinutes ?? '');
      return [`\`${name}\``, memoryMb, timeoutSeconds, reservedConcurrency, releaseP99Ms, everyMinutes].map(String);
    }),
  ];
}

function thresholdRows(): readonly (readonly string[])[] {
  return [
    ['Alarm', 'Default', 'Largest', 'Unit'],
    ...Object.entries(ALARM_THRESHOLDS).map(([name, { fallback, most, unit }]) =>
      [`\`${name}\``, fallback, most, unit].map(String),
    ),
  ];
}

/** Each entry of the runbook's part "Alarms", with the first sentence of what the alarm means. */
function alarmRows(): readonly (readonly string[])[] {
  const [, alarms = ''] = readFileSync('docs/runbook.md', 'utf8').split(/^## (?:Alarms|Procedures)$/m);
  const entries = alarms.split(/^### /m).slice(1);
  return [
    ['alarm', 'means that'],
    ...entries.map((entry) => {
      const anchor = (entry.split('\n')[0] ?? '').toLowerCase().replaceAll(' ', '-');
      return [`[\`${anchor}\`](runbook.md#${anchor})`, meaningOf(entry)];
    }),
  ];
}

function meaningOf(entry: string): string {
  const text = /^- \*\*Means\*\* ([\s\S]*?)\n- /m.exec(entry)?.[1]?.replaceAll(/\s+/g, ' ') ?? '';
  // In parentheses: whether the alarm pages an operator, which can contain a link.
  const sentence = text.replace(/^\((?:[^()]|\([^()]*\))*\) /, '');
  return sentence.replace(/\.( .*)?$/, '').replaceAll('](#', '](runbook.md#');
}
