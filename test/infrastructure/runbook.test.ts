import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { functionNames } from '../../lambdas/function-names.ts';
import type { FunctionRow } from '../../lambdas/function-row.ts';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import { settingGroups } from '../../lambdas/runtime/setting-groups.ts';
import { inWordsOf, vocabularyOfDomain } from '../../lambdas/vocabulary.ts';
import type { AlarmProperties } from './alarm-evaluation.ts';
import { observedDomain } from './observed-domain.ts';

const runbook = readFileSync('docs/runbook.md', 'utf8');
const [, alarmsPart = '', proceduresPart = ''] = runbook.split(/^## (?:Alarms|Procedures)$/m);

let descriptions: readonly string[];
let notifying: readonly AlarmProperties[];

beforeAll(() => {
  const { alarms, serviceAlarms } = observedDomain('prod');
  notifying = alarms;
  descriptions = [...alarms, ...serviceAlarms].map(({ AlarmDescription }) => AlarmDescription);
});

interface Entry {
  readonly anchor: string;
  readonly text: string;
}

/** The entries of a part of the runbook. The anchor of a heading follows from its words. */
const entriesOf = (part: string): readonly Entry[] =>
  part
    .split(/^### /m)
    .slice(1)
    .map((text) => {
      const [heading = ''] = text.split('\n');
      const anchor = heading
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-');
      return { anchor, text };
    });

test('every alarm describes itself in one sentence and links its runbook entry, and every entry has an alarm', () => {
  const named = descriptions.map((description) => {
    const anchor = /^[^.]+\. Runbook: docs\/runbook\.md#([a-z0-9-]+)$/.exec(description)?.[1];
    return anchor ?? `no entry in: ${description}`;
  });
  const entries = entriesOf(alarmsPart).map(({ anchor }) => anchor);
  expect([...new Set(named)].toSorted()).toEqual(entries.toSorted());
});

test('every alarm entry has the parts Means, First look, Do, Escalate and Clears', () => {
  const parts = ['Means', 'First look', 'Do', 'Escalate', 'Clears'];
  for (const { anchor, text } of entriesOf(alarmsPart)) {
    const found = [...text.matchAll(/^- \*\*([A-Z][a-z ]+)\*\* /gm)].map(([, part]) => part);
    expect({ anchor, found }).toEqual({ anchor, found: parts });
  }
});

/** `page` or `day`, from the start of the part Means. For dead letters it depends on the queue. */
function severityIn(text: string, alarmName: string): string | undefined {
  const [, first, exception = '', excepted = ''] =
    /^- \*\*Means\*\* \((page|day)(?:; (page|day) for `([a-z-]+)`)?/m.exec(text) ?? [];
  return excepted !== '' && alarmName.endsWith(excepted) ? exception : first;
}

test('every alarm notifies the topic that its entry names: page or day', () => {
  const entries = new Map(entriesOf(alarmsPart).map(({ anchor, text }) => [anchor, text]));
  expect(notifying.length).toBeGreaterThan(30);
  for (const { AlarmName, AlarmDescription, AlarmActions = [] } of notifying) {
    const anchor = AlarmDescription.split('#')[1] ?? '';
    const topic = /^(Page|Day)Topic/.exec((AlarmActions[0] as { readonly Ref: string }).Ref)?.[1]?.toLowerCase();
    expect([AlarmName, topic]).toEqual([AlarmName, severityIn(entries.get(anchor) ?? '', AlarmName)]);
  }
});

test('every link within the runbook leads to an entry', () => {
  const anchors = new Set([...entriesOf(alarmsPart), ...entriesOf(proceduresPart)].map(({ anchor }) => anchor));
  const links = [...runbook.matchAll(/\]\(#([a-z0-9-]+)\)/g)].map(([, anchor = '']) => anchor);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

test('every runbook link in the acknowledgements leads to an entry', () => {
  const anchors = new Set([...entriesOf(alarmsPart), ...entriesOf(proceduresPart)].map(({ anchor }) => anchor));
  const acknowledgements = readFileSync('lib/checks/acknowledgements.ts', 'utf8');
  const links = [...acknowledgements.matchAll(/docs\/runbook\.md#([a-z0-9-]+)/g)].map(([, anchor = '']) => anchor);
  expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  expect(links.length).toBeGreaterThan(0);
});

test('every function and setting that the runbook names exists', () => {
  const functions = [...runbook.matchAll(/(?:(?:`|^ *)(?:run|log) |function-name \$P-|lambda\/\$P-)([a-z][a-z-]+)/gm)];
  const names = functions.map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !(functionNames() as readonly string[]).includes(name))).toEqual([]);
  const known = new Set(Object.values(settingGroups).flatMap((group) => Object.keys(group)));
  const settings = [...runbook.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name);
  expect(settings.length).toBeGreaterThan(3);
  expect(settings.filter((name) => !known.has(name))).toEqual([]);
});

test('the restore procedure closes every route that writes and stops every scheduled job', () => {
  const listed = (variable: string): readonly string[] =>
    new RegExp(`\\b${variable}="([^"]+)"`).exec(proceduresPart)?.[1]?.split(' ').toSorted() ?? [];
  const rows = functionNames().map((name): FunctionRow & { readonly name: string } => ({ name, ...FUNCTIONS[name] }));
  const writing = rows.flatMap((row) => (row.kind === 'route' && row.http.method === 'POST' ? [row.http.path] : []));
  for (const [domain, words] of [
    ['card', 'cards'],
    ['program', 'accounts'],
  ] as const) {
    expect(listed('ROUTES').map((path) => path.replace('cards', words))).toEqual(
      writing
        .map((path) => inWordsOf(vocabularyOfDomain(domain), path).replace('/v1/', '').replaceAll('/', '~1'))
        .toSorted((one, other) => one.localeCompare(other)),
    );
  }
  expect(proceduresPart).toMatch(/\$DOMAIN = program .*ROUTES=\$\{ROUTES\/\/cards\/accounts\}/);
  const scheduled = rows.flatMap((row) => (row.kind !== 'route' && row.schedule !== null ? [row.name] : []));
  expect(listed('JOBS')).toEqual(scheduled.toSorted());
});
