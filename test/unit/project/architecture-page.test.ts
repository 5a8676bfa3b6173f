import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { functionNames } from '../../../lambdas/function-names.ts';
import type { FunctionRow } from '../../../lambdas/function-row.ts';
import { FUNCTIONS } from '../../../lambdas/functions.ts';
import { inWordsOf, VOCABULARIES } from '../../../lambdas/vocabulary.ts';

const PAGE = 'docs/architecture.md';
/** Files that a reader must open to follow a creation from the handler to the answer. */
const MOST_FILES = 12;

const page = readFileSync(PAGE, 'utf8');
const read = (file: string): string => readFileSync(file, 'utf8');

interface Row {
  readonly step: number;
  readonly file: string;
  readonly reachedFrom: string;
}

const rows: readonly Row[] = [...page.matchAll(/^\| (\d+) \| `([^`]+)` \| ([^|]+) \| [^|]+ \|$/gm)].map(
  ([, step = '', file = '', reachedFrom = '']) => ({ step: Number(step), file, reachedFrom }),
);

const fileOf = (step: string): string => rows.find((row) => row.step === Number(step))?.file ?? '';

const importsOf = (file: string): readonly string[] =>
  [...read(file).matchAll(/ from '(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), path));

/** `mark_used` is in mark-used.sql. */
const databaseFunctionOf = (file: string): string =>
  (file.split('/').at(-1) ?? '').replace(/\.sql$/, '').replaceAll('-', '_');

/** Why the row's file is not reached as the page says; null when it is. */
function faultOf({ step, file, reachedFrom }: Row): string | null {
  const importer = /^imported by (\d+)$/.exec(reachedFrom)?.[1];
  if (importer !== undefined) {
    return importsOf(fileOf(importer)).includes(file) ? null : `${fileOf(importer)} does not import ${file}`;
  }
  const caller = /^called by (\d+)$/.exec(reachedFrom)?.[1];
  if (caller !== undefined) {
    const call = `${databaseFunctionOf(file)}(`;
    return read(fileOf(caller)).includes(call) ? null : `${fileOf(caller)} does not call ${call}`;
  }
  const [, port = '', user = '', connectedBy = ''] =
    /^port `([^`]+)` of (\d+), connected in (\d+|`[^`]+`)$/.exec(reachedFrom) ?? [];
  const connection = connectedBy.startsWith('`') ? connectedBy.slice(1, -1) : fileOf(connectedBy);
  if (port === '') return step === 1 && reachedFrom === 'Lambda' ? null : `"${reachedFrom}" cannot be checked`;
  if (!importsOf(fileOf(user)).includes(port)) return `${fileOf(user)} does not use ${port}`;
  if (!importsOf(file).includes(port)) return `${file} does not implement ${port}`;
  if (!importsOf(connection).includes(file)) return `${connection} does not connect ${file}`;
  const isOnTheWay = rows.some((row) => row.file === connection || importsOf(row.file).includes(connection));
  return isOnTheWay ? null : `no file of the list imports ${connection}`;
}

test('every file and folder that the architecture page names exists', () => {
  const named = [...page.matchAll(/`((?:bin|lib|lambdas|scripts|test|docs)(?:\/[^`\s]*)?|\.[a-z-]+\.json)`/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(rows.length);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});

test('a creation is followed from the handler to the answer in at most twelve files', () => {
  expect(rows.length).toBeLessThanOrEqual(MOST_FILES);
  expect(rows.map(({ step }) => step)).toEqual(rows.map((_, index) => index + 1));
  expect(rows.at(0)?.file).toBe('lambdas/api/create-card.ts');
  expect(rows.map(({ file }) => databaseFunctionOf(file))).toContain('mark_used');
});

test.each(rows)('step $step, $file, is reached as the page says', (row) => {
  expect(faultOf(row)).toBeNull();
});

const startedBy = (row: FunctionRow): string => {
  if (row.kind === 'route') return `${row.http.method} ${inWordsOf(VOCABULARIES.card, row.http.path)}`;
  if (row.kind === 'deployment') return 'deployment';
  return row.schedule === null ? 'operator' : 'schedule';
};

const reachedBy = ({ database, access }: FunctionRow): readonly string[] => [
  ...(database === null ? [] : ['RDS Proxy']),
  ...(access.secrets.includes('administrator') ? ['Aurora'] : []),
  ...(access.tome ? ['TOME'] : []),
  ...(access.secrets.length > 0 ? ['Secrets Manager'] : []),
  ...(access.queues.length > 0 ? ['SQS'] : []),
  ...(access.gauges ? ['CloudWatch'] : []),
];

test('the page names what starts each function and what it reaches, as its row says', () => {
  const [, deployment = ''] = page.split('\n## Deployment\n');
  const table = deployment.split('\n## ')[0] ?? '';
  const described = [...table.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, ...cells]) => cells);
  expect(described.map(([name]) => name)).toEqual(functionNames());
  for (const [index, name] of functionNames().entries()) {
    const [, start = '', reached] = described[index] ?? [];
    expect(start.replaceAll('`', '').split(',')[0], name).toBe(startedBy(FUNCTIONS[name]));
    expect(reached, name).toBe(reachedBy(FUNCTIONS[name]).join(', '));
  }
});
