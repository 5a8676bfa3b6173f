import { expect, test } from 'vitest';
import { acknowledgedAdvisories, readAudit } from '../../../../scripts/checks/supply-chain/audit-report.ts';

const TODAY = '2026-11-27';
const advisory = {
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  title: 'Something is wrong',
  severity: 'high',
  range: '<2',
};
const report = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: { inner: { via: [advisory] }, outer: { via: ['inner'] } },
});
const acknowledgement = {
  id: 'GHSA-aaaa-bbbb-cccc',
  package: 'inner',
  reason: 'It is about a function that none of our tools calls.',
  until: '2026-12-31',
};
const found = { id: 'GHSA-aaaa-bbbb-cccc', package: 'inner', severity: 'high', title: 'Something is wrong' };

test('an advisory is open until it is acknowledged, and again when the acknowledgement has expired', () => {
  expect(readAudit(report, [], TODAY)).toEqual({ outcome: 'checked', open: [found], acknowledged: [] });
  expect(readAudit(report, [acknowledgement], TODAY)).toMatchObject({ open: [], acknowledged: [found] });
  expect(readAudit(report, [acknowledgement], '2026-12-31')).toMatchObject({ open: [found], acknowledged: [] });
  expect(readAudit(report, [{ ...acknowledgement, package: 'another' }], TODAY)).toMatchObject({ open: [found] });
});

test('a report without vulnerabilities has no open advisory', () => {
  expect(readAudit('{"auditReportVersion":2,"vulnerabilities":{}}', [], TODAY)).toEqual({
    outcome: 'checked',
    open: [],
    acknowledged: [],
  });
});

test.each([
  ['{"message":"405 Method Not Allowed","error":{}}', '405 Method Not Allowed'],
  ['{"error":{"code":"ENOAUDIT","summary":"audit endpoint returned an error"}}', 'audit endpoint returned an error'],
  ['', 'npm audit printed no report'],
  ['npm error network', 'npm audit printed no report'],
  ['{}', 'npm audit printed no report'],
  ['{"vulnerabilities":null}', 'npm audit printed no report'],
])('output that is not a report means "not checked": %s', (output, reason) => {
  expect(readAudit(output, [], TODAY)).toEqual({ outcome: 'not-checked', reason });
});

test('the committed acknowledgements are valid, and one without a reason or an end is refused', () => {
  expect(Array.isArray(acknowledgedAdvisories())).toBe(true);
  expect(acknowledgedAdvisories(JSON.stringify([acknowledgement]))).toHaveLength(1);
  for (const part of ['reason', 'until'] as const) {
    expect(() => acknowledgedAdvisories(JSON.stringify([{ ...acknowledgement, [part]: '' }]))).toThrow();
  }
});
