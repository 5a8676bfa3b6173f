import { expect, test } from 'vitest';
import { synthesized } from './synthesized-environment.ts';

const { properties } = synthesized('prod').one('AWS::Logs::LogGroup', 'prod-card-service', 'FunctionscreatecardLogs');
const IDENTIFIERS: readonly { readonly Name: string; readonly Regex: string }[] =
  properties.DataProtectionPolicy.Configuration.CustomDataIdentifier;

const isMasked = (text: string): boolean => IDENTIFIERS.some(({ Regex }) => new RegExp(Regex).test(text));

test('CloudWatch can take the expressions: two hundred characters at most, no groups and nothing else that it does not know', () => {
  expect(IDENTIFIERS.length).toBeGreaterThan(0);
  for (const { Name, Regex } of IDENTIFIERS) {
    expect(Name).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
    expect(Regex.length).toBeLessThanOrEqual(200);
    expect(Regex).toMatch(/^[A-Za-z0-9_#=@/;, ^$?[\]{}|\\*+.-]+$/);
  }
  const [audit, mask] = properties.DataProtectionPolicy.Statement;
  expect(mask.DataIdentifier).toEqual(audit.DataIdentifier);
  expect(audit.DataIdentifier).toEqual(expect.arrayContaining(IDENTIFIERS.map(({ Name }) => Name)));
});

test.each([
  '4111111111111111',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '6011111111111117',
  '6200000000000005',
])('a card number of a network is masked: %s', (number) => expect(isMasked(`{"message":"${number}"}`)).toBe(true));

test.each(['4111 1111 1111 1111', '4111-1111-1111-1111', '3782 822463 10005', '4000 0000 0000 0000 006'])(
  'a card number written in groups is masked: %s',
  (number) => expect(isMasked(`{"message":"card ${number} refused"}`)).toBe(true),
);

test.each([
  ['a time in milliseconds', '{"_aws":{"Timestamp":1764061204000}}'],
  ['a correlation id', '{"correlationId":"41111111-1111-4111-8111-111111111111"}'],
  ['a trace id', '{"xray_trace_id":"1-5759e988-411111111111111111111111"}'],
  ['a count', '{"durationMs":12.5,"count":4111}'],
])('%s is not masked, or every minute would ring an alarm', (_what, line) => {
  expect(isMasked(line)).toBe(false);
});
